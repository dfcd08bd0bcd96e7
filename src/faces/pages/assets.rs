//! Style and script, built by Vite and carried in the binary.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Dist;

/// The entry of Vite's manifest.
#[derive(Deserialize)]
struct Chunk {
    file: String,
    #[serde(default)]
    css: Vec<String>,
}

const MANIFEST: &str = ".vite/manifest.json";
const ENTRY: &str = "src/main.ts";

/// The addresses of style and script, names hashed by their contents.
pub fn entry() -> (String, Option<String>) {
    static FOUND: OnceLock<(String, Option<String>)> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let manifest = Dist::get(MANIFEST).and_then(|file| {
                serde_json::from_slice::<std::collections::BTreeMap<String, Chunk>>(&file.data).ok()
            });
            let chunk = manifest.and_then(|mut manifest| manifest.remove(ENTRY));
            if let Some(chunk) = chunk {
                let css = chunk
                    .css
                    .first()
                    .map(|css| format!("/{css}"))
                    .unwrap_or_default();
                (css, Some(format!("/{}", chunk.file)))
            } else {
                tracing::error!("the web assets are not in this binary; run `make build`");
                (String::new(), None)
            }
        })
        .clone()
}

/// A file whose name changes with its contents, so it may be kept for ever.
pub async fn serve(Path(file): Path<String>) -> Response {
    let Some(found) = Dist::get(&format!("assets/{file}")) else {
        return (StatusCode::NOT_FOUND, "no such asset\n").into_response();
    };
    let kind = match file.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    let mut answer = found.data.into_owned().into_response();
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    fields.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    answer
}
