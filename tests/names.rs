//! One word for one idea: a name that means a different thing in every file tells nobody anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files that may define a type of one name.
const FILES_MAX: usize = 2;
/// The associated type that traits of the library ask for.
const OF_TRAITS: [&str; 1] = ["Error"];

/// The types that a text defines: the word after `struct`, `enum`, `trait` or `type`.
fn types(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim_start);
    lines
        .filter_map(|line| {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
            let (kind, rest) = line.split_once(' ')?;
            let is_type = ["struct", "enum", "trait", "type"].contains(&kind);
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            is_type.then(|| &rest[..end.unwrap_or(rest.len())])
        })
        .collect()
}

fn collect(folder: &Path, into: &mut BTreeMap<String, Vec<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut names = types(&text);
            names.sort_unstable();
            names.dedup();
            for name in names.into_iter().filter(|name| !OF_TRAITS.contains(name)) {
                let files = into.entry(name.to_owned()).or_default();
                files.push(path.display().to_string());
            }
        }
    }
}

#[test]
fn no_type_name_stands_in_three_files() {
    let mut all = BTreeMap::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let wrong: Vec<String> = all
        .into_iter()
        .filter(|(_, files)| files.len() > FILES_MAX)
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn types_are_found_where_they_are_defined() {
    let text = "pub struct Parts {\n    enum Kind<'a> {\n// struct Not\ntype Error = X;\nlet typed = 1;\npub(crate) trait Asks: Send {";
    assert_eq!(types(text), ["Parts", "Kind", "Error", "Asks"]);
}
