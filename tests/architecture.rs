//! Holds the import table of ARCHITECTURE.md and the size limits of the house. A rule that only a
//! reviewer knows is not a rule.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module and the siblings it may import. `runtime` may import everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("sources", &["domain", "log", "telemetry"]),
    ("log", &["domain", "telemetry"]),
    ("fold", &["domain"]),
    ("forecast", &["domain", "fold"]),
    ("views", &["domain", "fold", "forecast"]),
    ("faces", &["domain", "views", "log", "telemetry", "vault"]),
    ("effects", &["domain", "log", "telemetry", "vault"]),
    ("vault", &["domain"]),
    ("world", &["domain"]),
    ("config", &["domain"]),
    ("telemetry", &["domain"]),
    (
        "runtime",
        &[
            "config",
            "domain",
            "effects",
            "faces",
            "fold",
            "forecast",
            "log",
            "sources",
            "telemetry",
            "vault",
            "views",
            "world",
        ],
    ),
];

/// Words that may not occur in the code of a module, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    (
        "domain",
        &["tokio::", "async fn", "axum::"],
        "plain data does no I/O",
    ),
    (
        "fold",
        &[
            "tokio::",
            "async fn",
            "HashMap",
            "HashSet",
            "tracing::",
            "metrics::",
            "rand",
        ],
        "the fold is a pure machine: same log, same bytes",
    ),
    (
        "forecast",
        &["tokio::", "async fn", "HashMap", "HashSet", "rand"],
        "the forecast is pure",
    ),
    (
        "views",
        &["tokio::", "axum::", "serde_json", "HashMap"],
        "views know no wire format",
    ),
    (
        "world",
        &["Picture"],
        "the world knows only what a hospital knows",
    ),
];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
/// Of the entry point; it only starts things.
const MAIN_LINES_MAX: usize = 60;

fn rust_files(root: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(root)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn module_of(path: &Path) -> Option<String> {
    let inside = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

/// The code of a file: without comments and without its tests.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    body.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every fault of one file of `src/`, in words.
fn faults(module: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let code = code(text);
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
        return vec![format!("module {module} is not in the import table")];
    };
    if code.contains("crate::{") {
        faults
            .push("`crate::{…}` hides an edge: write one `use crate::module` for each".to_owned());
    }
    for piece in code.split("crate::").skip(1) {
        let target: String = piece
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        let known = MAY_IMPORT.iter().any(|(name, _)| *name == target);
        if known && target != module && !allowed.contains(&target.as_str()) {
            faults.push(format!("{module} may not import {target}"));
        }
    }
    for (_, words, why) in BANNED.iter().filter(|(name, ..)| *name == module) {
        let found = words.iter().filter(|word| has_word(&code, word));
        faults.extend(found.map(|word| format!("{module} may not use {word}: {why}")));
    }
    if !text.starts_with("//!") {
        faults.push("opens without a `//!` that says what it is".to_owned());
    }
    faults
}

fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        !inside(before) && (word.ends_with(':') || !inside(after))
    })
}

/// The longest function of a file: its first line and its length, by indentation.
fn longest_function(text: &str) -> Option<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut longest: Option<(String, usize)> = None;
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let head = line.trim_start();
        let is_function = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "pub(crate) fn ",
        ]
        .iter()
        .any(|prefix| head.starts_with(prefix));
        if !is_function {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indent));
        let length = lines[start..]
            .iter()
            .position(|line| *line == closing)
            .unwrap_or(0)
            + 1;
        if longest.as_ref().is_none_or(|(_, most)| length > *most) {
            longest = Some((head.to_owned(), length));
        }
    }
    longest
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src") {
        let module = module_of(&path).unwrap();
        let is_test = path.file_name().is_some_and(|name| name == "tests.rs");
        if module == "lib" || module == "main" || is_test {
            continue;
        }
        wrong.extend(
            faults(&module, &text)
                .into_iter()
                .map(|f| format!("{}: {f}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_and_functions_stay_small() {
    let mut wrong = Vec::new();
    for (path, text) in ["src", "tests", "load-tests/src"]
        .into_iter()
        .flat_map(rust_files)
    {
        let lines = text.lines().count();
        let most = if path.ends_with("src/main.rs") {
            MAIN_LINES_MAX
        } else {
            FILE_LINES_MAX
        };
        if lines > most && !path.ends_with("load-tests/src/main.rs") {
            wrong.push(format!(
                "{} has {lines} lines, {most} at most",
                path.display()
            ));
        }
        if let Some((head, length)) =
            longest_function(&text).filter(|(_, n)| *n > FUNCTION_LINES_MAX)
        {
            wrong.push(format!("{}: {length} lines in `{head}`", path.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_over() {
    let words = [
        concat!("todo", "!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
        concat!("dbg", "!("),
    ];
    let mut wrong = Vec::new();
    for (path, text) in ["src", "tests", "load-tests/src"]
        .into_iter()
        .flat_map(rust_files)
    {
        let found = words.iter().filter(|word| text.contains(**word));
        wrong.extend(found.map(|word| format!("{}: {word}", path.display())));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_fires_on_bad_text() {
    let bad = "//! x\nuse crate::faces::Shared;\nuse crate::{domain, log};\nuse std::collections::HashMap;\n";
    let found = faults("fold", bad).join("; ");
    assert!(found.contains("fold may not import faces"), "{found}");
    assert!(found.contains("hides an edge"), "{found}");
    assert!(found.contains("fold may not use HashMap"), "{found}");
    assert_eq!(
        faults("fold", "//! x\nuse crate::domain::At;\n"),
        Vec::<String>::new()
    );
    assert_eq!(
        faults("nowhere", "//! x"),
        ["module nowhere is not in the import table"]
    );
    let long = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(80));
    assert_eq!(
        longest_function(&long),
        Some(("fn long() {".to_owned(), 82))
    );
}
