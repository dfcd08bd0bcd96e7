//! Refuses to build a server without its pages' style and script.

fn main() {
    println!("cargo::rerun-if-changed=web/dist/.vite/manifest.json");
    println!("cargo::rerun-if-changed=fixtures");
    let manifest = std::path::Path::new("web/dist/.vite/manifest.json");
    assert!(
        manifest.exists(),
        "the web assets are not built yet: run `make web`"
    );
}
