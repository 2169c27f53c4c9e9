// Compresses the files below a folder anew that have a `.br` beside them, with the reference implementation of brotli, which is part of Node.js.
// That of cargo-leptos makes a WebAssembly file up to half a kilobyte larger. The smaller one is kept.
//
//   node tools/compress.mjs FOLDER
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

for (const entry of readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  if (!entry.name.endsWith('.br')) continue;
  const file = `${entry.parentPath ?? entry.path}/${entry.name}`;
  const text = readFileSync(file.slice(0, -'.br'.length));
  const compressed = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length } });
  if (compressed.length < statSync(file).size) writeFileSync(file, compressed);
}
