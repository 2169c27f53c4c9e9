#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| orderwire_fuzz::cursor(bytes));
