#!/usr/bin/env node
// Binaryen's wasm-opt, and before it one step of this project: removes code that Leptos 0.8 links and that islands never call.
// tools/setup puts it on the build's path, where cargo-leptos looks for wasm-opt. docs/weight.md says what it saves.
//
// - `hydrate_async`: each type-erased view holds a pointer to its own. Only `hydrate_lazy` and lazy routes call it; islands call `hydrate`.
//   Leptos 0.9 leaves it out (leptos-rs/leptos#4852): with that version this file can go.
// - The exports of wasm-streams, which server_fn needs for server functions that stream. The linker keeps whatever is exported.
//
// Promises: a removed function traps if it is called after all. Where there is nothing to remove, the build fails: this step does not
// outlive its reason unnoticed.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEVER_CALLED = /hydrate_async/;
const UNUSED_EXPORTS = /^(__wbg_)?intounderlying/;

const BINARYEN = join(dirname(fileURLToPath(import.meta.url)), '../.tools/binaryen/node_modules');

const args = process.argv.slice(2);
const input = args.findIndex((arg, place) => arg.endsWith('.wasm') && args[place - 1] !== '-o');
if (input >= 0) args[input] = await withoutUncalled(args[input]);
process.exitCode = spawnSync(join(BINARYEN, '.bin/wasm-opt'), args, { stdio: 'inherit' }).status ?? 1;
if (input >= 0) rmSync(args[input]);

/** Writes a smaller module beside `file`, and returns its name. */
async function withoutUncalled(file) {
  const { default: binaryen } = await import(join(BINARYEN, 'binaryen/index.js'));
  const module = binaryen.readBinary(readFileSync(file));
  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) => module.getFunctionByIndex(index)).filter((fn) => {
    const { name, base } = binaryen.getFunctionInfo(fn);
    // An imported function has a base, and no body.
    return !base && NEVER_CALLED.test(name);
  });
  const exports = Array.from({ length: module.getNumExports() }, (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)).name);
  const unused = exports.filter((name) => UNUSED_EXPORTS.test(name));
  if (!functions.length || !unused.length) {
    console.error(`tools/wasm-opt: found ${functions.length} functions and ${unused.length} exports to remove from ${file}`);
    process.exit(1);
  }
  for (const fn of functions) binaryen.Function.setBody(fn, module.unreachable());
  for (const name of unused) module.removeExport(name);
  const smaller = `${file}.smaller`;
  writeFileSync(smaller, module.emitBinary());
  return smaller;
}
