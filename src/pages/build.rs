//! Says kindly what to do when the pages' style and script are not built yet.

fn main() {
    const MANIFEST: &str = "../../web/dist/.vite/manifest.json";
    println!("cargo::rerun-if-changed={MANIFEST}");
    if !std::path::Path::new(MANIFEST).exists() {
        println!("cargo::error=the web assets are not built yet: run `make web`, which needs Node");
    }
}
