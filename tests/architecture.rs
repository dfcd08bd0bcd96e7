//! Holds what cargo cannot say: which crates must never meet, what the pure ones may not use, and the size limits of
//! the house. A rule that only a reviewer knows is not a rule.

use std::fs;
use std::path::{Path, PathBuf};

/// Crates that a crate must never depend on, and why. Which it does depend on is in its own `Cargo.toml`, and cargo
/// itself lets no circle be.
const NEVER: &[(&str, &[&str], &str)] = &[
    ("domain", &OURS, "the words of the field know nobody"),
    (
        "log",
        &["fold", "views"],
        "the log does not know what an event means",
    ),
    (
        "fold",
        &["log", "forecast", "views", "config"],
        "facts mean the same whoever reads them",
    ),
    (
        "forecast",
        &["log", "views", "config"],
        "it learns from the fold alone",
    ),
    (
        "views",
        &["log", "app", "config"],
        "views know no wire format and no file",
    ),
    (
        "sources",
        &["fold", "forecast", "views", "app"],
        "a source says what was sent, not what it means",
    ),
    (
        "effects",
        &["fold", "forecast", "views", "app"],
        "what is done outside is decided elsewhere",
    ),
    (
        "world",
        &["log", "fold", "views", "app"],
        "the world knows only what a hospital knows",
    ),
    (
        "app",
        &["fold", "forecast", "sources", "config"],
        "ways out read the published value",
    ),
];

/// Ways out: they stand side by side, so none depends on another, nor on what `app` may not.
const WAYS_OUT: [&str; 4] = ["fhir", "push", "pages", "faces"];

/// Every crate of ours but the first, in the order in which data flows.
const OURS: [&str; 16] = [
    "log",
    "fold",
    "forecast",
    "views",
    "telemetry",
    "vault",
    "config",
    "sources",
    "effects",
    "world",
    "app",
    "fhir",
    "push",
    "pages",
    "faces",
    "runtime",
];

/// Crates that do no I/O, read no clock and throw no dice, and what of others' they therefore never depend on.
const PURE: [&str; 4] = ["domain", "fold", "forecast", "views"];
const IMPURE: [&str; 9] = [
    "tokio",
    "axum",
    "hyper",
    "reqwest",
    "rand",
    "rand_chacha",
    "aws-lc-rs",
    "metrics",
    "tracing",
];

/// Words that may not occur in the code of a module, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    (
        "domain",
        &["async fn", "SystemTime", "Instant"],
        "plain data does no I/O and reads no clock",
    ),
    (
        "fold",
        &["async fn", "HashMap", "HashSet", "SystemTime", "Instant"],
        "the fold is a pure machine: same log, same bytes",
    ),
    (
        "forecast",
        &["async fn", "HashMap", "HashSet", "SystemTime", "Instant"],
        "the forecast is pure",
    ),
    (
        "views",
        &["serde_json", "HashMap", "SystemTime", "Instant"],
        "views know no wire format and read no clock",
    ),
    (
        "world",
        &["FoldState"],
        "the world knows only what a hospital knows",
    ),
];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
/// Of the entry point; it only starts things.
const MAIN_LINES_MAX: usize = 60;

pub fn rust_files(root: &str) -> Vec<(PathBuf, String)> {
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

/// The crate of a file below `src/` and its place inside, without an ending; none of `main.rs`.
pub fn inside_crate(path: &Path) -> Option<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inside = path.strip_prefix(root).ok()?.with_extension("");
    let parts = inside.iter().map(|part| part.to_str().map(str::to_owned));
    let mut parts = parts.collect::<Option<Vec<_>>>()?;
    let name = parts.remove(0);
    (!parts.is_empty()).then_some((name, parts))
}

/// The code of a file: without comments and without its module of tests, wherever that stands.
pub fn code(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let opens = lines
            .peek()
            .is_some_and(|next| next.starts_with("mod tests {"));
        if line == "#[cfg(test)]" && opens {
            // It ends with the first brace that is not indented.
            lines.by_ref().find(|line| *line == "}");
        } else if !line.trim_start().starts_with("//") {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// Every fault of one file of a crate, in words.
fn faults(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let code = code(text);
    for (_, words, why) in BANNED.iter().filter(|(of, ..)| *of == name) {
        let found = words.iter().filter(|word| has_word(&code, word));
        faults.extend(found.map(|word| format!("{name} may not use {word}: {why}")));
    }
    if !text.starts_with("//!") {
        faults.push("opens without a `//!` that says what it is".to_owned());
    }
    faults
}

/// The names that a manifest lists under `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<&str> {
    let listed = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let lines = listed.lines().take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| Some(line.split(['.', '=', ' ']).next()?.trim()))
        .filter(|name| !name.is_empty())
        .collect()
}

/// What is wrong with what a crate depends on.
fn wrong_dependencies(name: &str, manifest: &str) -> Vec<String> {
    let on = dependencies(manifest);
    let mut faults = Vec::new();
    for (_, never, why) in NEVER.iter().filter(|(of, ..)| *of == name) {
        let found = never.iter().filter(|other| on.contains(other));
        faults.extend(found.map(|other| format!("{name} may not depend on {other}: {why}")));
    }
    if WAYS_OUT.contains(&name) {
        let others = WAYS_OUT.iter().filter(|other| **other != name);
        let (_, never, why) = NEVER.iter().find(|(of, ..)| *of == "app").unwrap();
        let found = others.chain(*never).filter(|other| on.contains(other));
        faults.extend(found.map(|other| format!("{name} may not depend on {other}: {why}")));
    }
    if PURE.contains(&name) {
        let found = IMPURE.iter().filter(|other| on.contains(other));
        faults.extend(found.map(|other| format!("{name} is pure and may not depend on {other}")));
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
fn crates_depend_only_downward_and_pure_ones_on_nothing_impure() {
    let mut wrong = Vec::new();
    for name in ["domain"].into_iter().chain(OURS) {
        let path = format!("{}/src/{name}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
        wrong.extend(wrong_dependencies(name, &fs::read_to_string(path).unwrap()));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_uses_no_banned_word() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src") {
        let Some((name, _)) = inside_crate(&path) else {
            continue;
        };
        let is_test = path.file_name().is_some_and(|name| name == "tests.rs");
        if is_test || path.ends_with("build.rs") {
            continue;
        }
        let found = faults(&name, &text);
        wrong.extend(
            found
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
fn the_rules_fire_on_bad_text() {
    let bad = "//! x\nuse std::collections::HashMap;\n";
    assert!(
        faults("fold", bad)
            .join("; ")
            .contains("fold may not use HashMap")
    );
    let clean = "//! x\nuse domain::At;\n\n#[cfg(test)]\nmod tests {\n    use std::collections::HashMap;\n}\n";
    assert_eq!(faults("fold", clean), Vec::<String>::new());
    // What stands behind the tests, or behind a line that is only for them, is code all the same.
    for hidden in [
        format!("{clean}\nfn late() {{ SystemTime::now(); }}\n"),
        "//! x\n#[cfg(test)]\nmod tests;\nuse std::time::SystemTime;\n".to_owned(),
    ] {
        assert!(
            faults("fold", &hidden)
                .join("; ")
                .contains("may not use SystemTime"),
            "{hidden}"
        );
    }
    assert_eq!(
        faults("nowhere", "x"),
        ["opens without a `//!` that says what it is"]
    );
    let manifest = "[package]\nname = \"x\"\n\n[dependencies]\ndomain.workspace = true\nviews = { path = \"..\" }\ntokio.workspace = true\n\n[dev-dependencies]\nlog.workspace = true\n";
    assert_eq!(dependencies(manifest), ["domain", "views", "tokio"]);
    let found = wrong_dependencies("fold", manifest).join("; ");
    assert!(found.contains("fold may not depend on views"), "{found}");
    assert!(
        found.contains("fold is pure and may not depend on tokio"),
        "{found}"
    );
    assert!(!found.contains("log"), "{found}");
    let manifest = "[dependencies]\npush.workspace = true\nfold.workspace = true\n";
    let found = wrong_dependencies("pages", manifest).join("; ");
    assert!(found.contains("pages may not depend on push"), "{found}");
    assert!(found.contains("pages may not depend on fold"), "{found}");
    let long = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(80));
    assert_eq!(
        longest_function(&long),
        Some(("fn long() {".to_owned(), 82))
    );
}
