#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    reader_core_fuzz::parsers::directory::ldif_file(bytes);
});
