//! Access tokens: a file of their hashes in the data folder.
//!
//! A token is 32 random bytes; its SHA-256 is as good a key as a slow hash would be, since there is nothing to
//! guess. The server reads the file again when it changes, so that a token that is revoked ends within seconds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use domain::time::{DAY, SECOND};
use domain::{At, Caller, Clock, FeedId, Role, ServiceId};

const FILE: &str = "tokens.toml";
const SECRET_BYTES: usize = 32;
const PREFIX: &str = "uec_";
/// Letters of a hash by which people name a token.
const FINGERPRINT: usize = 12;

/// One token in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRecord {
    label: String,
    role: String,
    #[serde(default)]
    feeds: Vec<FeedId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    services: Vec<ServiceId>,
    /// RFC 3339; absent in files of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made: Option<String>,
    /// RFC 3339; a token of before never ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    sha256: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<TokenRecord>,
}

/// Who holds a token, and until when it holds.
#[derive(Debug, Clone)]
struct Holder {
    caller: Caller,
    expires: Option<At>,
}

/// The tokens of a server.
pub struct Tokens {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    known: RwLock<BTreeMap<String, Holder>>,
    /// When it was last looked whether the file changed, by the server's clock.
    looked: AtomicI64,
    changed: RwLock<Option<Mark>>,
}

impl Tokens {
    /// Tokens from the folder's file; no file, no tokens.
    pub fn load(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let looked = AtomicI64::new(clock.now().0);
        // Looked at before it is read: a change between the two is noticed later, not missed.
        let changed = changed(folder);
        Ok(Self {
            known: RwLock::new(read(folder)?),
            changed: RwLock::new(changed),
            folder: folder.to_owned(),
            clock,
            looked,
        })
    }

    /// Who holds the token of that hash, while it holds.
    pub fn find(&self, hash: &str) -> Option<Caller> {
        self.look(false);
        let find = || self.known.read().ok()?.get(hash).cloned();
        let holder = find().or_else(|| {
            // It may have been made this moment.
            self.look(true);
            find()
        })?;
        let now = self.clock.now();
        let holds = holder.expires.is_none_or(|expires| now < expires);
        holds.then_some(holder.caller)
    }

    /// Reads the file again if it changed; unless it matters now, that is looked at once a second. What cannot
    /// be read changes nothing.
    fn look(&self, matters_now: bool) {
        let now = self.clock.now().0;
        let before = self.looked.load(Ordering::Relaxed);
        if now - before < SECOND && !matters_now {
            return;
        }
        self.looked.store(now, Ordering::Relaxed);
        let fresh = changed(&self.folder);
        let is_same = self.changed.read().is_ok_and(|known| *known == fresh);
        if is_same {
            return;
        }
        match read(&self.folder) {
            Ok(tokens) => {
                if let (Ok(mut known), Ok(mut changed)) = (self.known.write(), self.changed.write())
                {
                    *known = tokens;
                    *changed = fresh;
                }
            }
            Err(why) => {
                tracing::error!(
                    why = format!("{why:#}"),
                    "the tokens of before stay in force"
                );
            }
        }
    }
}

/// What tells one state of the file from another: time, inode, length. Each change is a new file, so two within
/// one tick of the disk's clock differ by inode.
type Mark = (SystemTime, u64, u64);

fn changed(folder: &Path) -> Option<Mark> {
    use std::os::unix::fs::MetadataExt;
    let about = std::fs::metadata(folder.join(FILE)).ok()?;
    Some((about.modified().ok()?, about.ino(), about.len()))
}

/// What a token is for.
pub struct NewToken<'a> {
    /// What its holder may do.
    pub role: Role,
    /// Feeds it may send for; empty means any.
    pub feeds: Vec<FeedId>,
    /// Services it may speak for; empty means any.
    pub services: Vec<ServiceId>,
    /// Who holds it.
    pub label: &'a str,
    /// Days until it ends.
    pub days: u32,
}

/// Makes a token, adds its hash to the folder's file and gives the secret, which is not kept.
pub fn mint_into(folder: &Path, wish: NewToken<'_>, now: At) -> anyhow::Result<String> {
    let mut random = [0; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut random).context("no random bytes")?;
    let secret = format!("{PREFIX}{}", data_encoding::HEXLOWER.encode(&random));
    let record = TokenRecord {
        label: wish.label.to_owned(),
        role: wish.role.label().to_owned(),
        feeds: wish.feeds,
        services: wish.services,
        made: Some(now.to_string()),
        expires: Some(now.plus(i64::from(wish.days) * DAY).to_string()),
        sha256: hash(&secret),
    };
    change(folder, |file| {
        file.token.push(record);
        Ok(())
    })?;
    Ok(secret)
}

/// Takes the token away that a fingerprint or a label names; it must be one.
pub fn revoke(folder: &Path, name: &str) -> anyhow::Result<String> {
    change(folder, |file| {
        let is_named = |record: &TokenRecord| {
            record.label == name || (name.len() >= FINGERPRINT && record.sha256.starts_with(name))
        };
        let count = file.token.iter().filter(|record| is_named(record)).count();
        match count {
            0 => bail!("no token is called {name:?}; `uec-live token list` shows them"),
            1 => {}
            _ => bail!("{count} tokens are called {name:?}; name one by its fingerprint"),
        }
        let place = file.token.iter().position(is_named);
        let record = place.map(|place| file.token.remove(place));
        Ok(record.map_or_else(String::new, |record| record.label))
    })
}

/// A line for each token; never its secret.
pub fn list(folder: &Path, now: At) -> anyhow::Result<Vec<String>> {
    let lines = read_file(folder)?.token.into_iter().map(|record| {
        let fingerprint = record.sha256.get(..FINGERPRINT).unwrap_or_default();
        let is_over = record
            .expires
            .as_deref()
            .and_then(|text| At::parse(text).ok())
            .is_some_and(|expires| expires <= now);
        let expires = record.expires.unwrap_or_else(|| "never".to_owned());
        let over = if is_over { " (over)" } else { "" };
        let made = record.made.unwrap_or_else(|| "not kept".to_owned());
        format!(
            "{fingerprint}  {:<9}  made {made}  ends {expires}{over}  {}",
            record.role, record.label
        )
    });
    Ok(lines.collect())
}

/// Changes the file, one at a time: two who change it at once do not lose one another's.
fn change<T>(folder: &Path, how: impl FnOnce(&mut File) -> anyhow::Result<T>) -> anyhow::Result<T> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let lock = private(&folder.join("tokens.lock"))?;
    lock.lock().context("the file of tokens cannot be locked")?;
    let mut file = read_file(folder)?;
    let done = how(&mut file)?;
    let fresh = folder.join(format!("{FILE}.new"));
    let mut out = private(&fresh)?;
    std::io::Write::write_all(&mut out, toml::to_string(&file)?.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&fresh, folder.join(FILE))?;
    Ok(done)
}

/// A file that only the server's user may read.
fn private(place: &Path) -> anyhow::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(place)
        .with_context(|| format!("cannot write {}", place.display()))
}

fn read_file(folder: &Path) -> anyhow::Result<File> {
    let place = folder.join(FILE);
    match std::fs::read_to_string(&place) {
        Ok(text) => {
            toml::from_str(&text).with_context(|| format!("{} is not right", place.display()))
        }
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(File::default()),
        Err(why) => Err(why).with_context(|| format!("cannot read {}", place.display())),
    }
}

fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, Holder>> {
    let mut known = BTreeMap::new();
    for record in read_file(folder)?.token {
        let role = Role::ALL
            .into_iter()
            .find(|role| role.label() == record.role);
        let role = role.with_context(|| format!("{FILE}: {} is no role", record.role))?;
        let expires = record.expires.as_deref().map(At::parse).transpose();
        let expires = expires.with_context(|| format!("{FILE}: {}: expires", record.label))?;
        let caller = Caller {
            role,
            name: record.label.into(),
            feeds: record.feeds,
            services: record.services,
        };
        known.insert(record.sha256, Holder { caller, expires });
    }
    Ok(known)
}

/// SHA-256 in hex.
pub fn hash(secret: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    data_encoding::HEXLOWER.encode(digest.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    struct Hand(Mutex<i64>);

    impl Clock for Hand {
        fn now(&self) -> At {
            At(*self.0.lock().unwrap())
        }
    }

    fn wish(label: &str) -> NewToken<'_> {
        NewToken {
            role: Role::Clinician,
            feeds: Vec::new(),
            services: Vec::new(),
            label,
            days: 1,
        }
    }

    #[test]
    fn a_token_made_or_revoked_while_the_server_runs_is_noticed_and_it_ends_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let hand = Arc::new(Hand(Mutex::new(0)));
        let clock: Arc<dyn Clock> = Arc::clone(&hand) as Arc<dyn Clock>;
        let tokens = Tokens::load(folder.path(), clock).unwrap();
        let one = mint_into(folder.path(), wish("one"), At(0)).unwrap();
        *hand.0.lock().unwrap() = 2 * SECOND;
        assert_eq!(tokens.find(&hash(&one)).unwrap().name, "one");
        assert!(tokens.find(&hash("uec_guess")).is_none());
        // Two changes within one tick of the disk's clock may end in the inode and the length of before, and no
        // event tells of a tick: this pause stays.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let two = mint_into(folder.path(), wish("two"), At(0)).unwrap();
        assert_eq!(revoke(folder.path(), "one").unwrap(), "one");
        *hand.0.lock().unwrap() = 4 * SECOND;
        assert!(tokens.find(&hash(&one)).is_none());
        assert!(tokens.find(&hash(&two)).is_some());
        *hand.0.lock().unwrap() = DAY;
        assert!(tokens.find(&hash(&two)).is_none(), "its day is over");
        let lines = list(folder.path(), At(DAY)).unwrap();
        assert!(lines.len() == 1 && lines[0].contains("(over)"), "{lines:?}");
        assert!(!lines[0].contains(&two));
        assert!(revoke(folder.path(), "one").is_err());
    }

    #[test]
    fn tokens_made_at_once_do_not_lose_one_another_and_the_file_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..20 {
                let folder = folder.path();
                let label = format!("t{number}");
                scope.spawn(move || mint_into(folder, wish(&label), At(0)).unwrap());
            }
        });
        assert_eq!(list(folder.path(), At(0)).unwrap().len(), 20);
        let mode = std::fs::metadata(folder.path().join(FILE))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_of_before_still_holds() {
        let folder = tempfile::tempdir().unwrap();
        let old = format!(
            "[[token]]\nlabel = \"old\"\nrole = \"feed\"\nfeeds = [\"dhu-oadby\"]\nsha256 = \"{}\"\n",
            hash("uec_old")
        );
        std::fs::write(folder.path().join(FILE), old).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Hand(Mutex::new(400 * DAY)));
        let tokens = Tokens::load(folder.path(), clock).unwrap();
        assert_eq!(tokens.find(&hash("uec_old")).unwrap().role, Role::Feed);
    }
}
