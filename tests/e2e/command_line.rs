//! What a person at a terminal meets: exit codes and plain sentences.

use super::server::binary;

pub fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let out = binary().args(arguments).output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    (out.status.code(), text)
}

#[test]
fn wrong_use_exits_with_two_and_says_what_is_wrong() {
    let (code, text) = run(&["demo", "--speed", "0"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("must be a number from 0.1 to 3600"), "{text}");
    assert_eq!(run(&[]).0, Some(2));
}

#[test]
fn open_access_is_refused_off_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (code, text) = run(&["serve", "--open", "--listen", "0.0.0.0:0", "--data", data]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("every listener must be on loopback"),
        "{text}"
    );
}

#[test]
fn a_faulty_directory_is_explained_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services.csv");
    std::fs::write(&file, "id,name\nx,y\n").unwrap();
    let (code, text) = run(&["directory", "check", file.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("services line 2: "), "{text}");
    let shipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/directory/services.csv"
    );
    assert_eq!(
        run(&["directory", "check", shipped]),
        (Some(0), "55 services, no fault\n".into())
    );
}

#[test]
fn a_token_is_printed_once_and_kept_only_as_a_hash() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let arguments = [
        "token",
        "new",
        "--role",
        "feed",
        "--feed",
        "dhu-oadby",
        "--label",
        "Oadby",
        "--data",
        data,
    ];
    let (code, secret) = run(&arguments);
    assert_eq!(code, Some(0), "{secret}");
    let kept = std::fs::read_to_string(folder.path().join("tokens.toml")).unwrap();
    assert!(!kept.contains(secret.trim()), "the secret is in the file");
    assert!(kept.contains("dhu-oadby"));
}
