//! Hashing passwords with Argon2id, which takes a core some 30 ms and 19 MiB on purpose.
//!
//! Promises: no more hashes are computed at once than [`hashes_at_once`], away from the threads that serve, in memory that is kept and used
//! again; who waits for one waits in line, up to a number and for a time, and is then refused. A password is hashed in Unicode's NFC, so that
//! it is the same however a keyboard composes it. One that an earlier version has hashed as it was typed is still known.

use super::error::StoreError;
use crate::model::user::{PASSWORD_MAX, PASSWORD_MIN};
use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version,
    password_hash::{self, Output, ParamsString, PasswordHash, SaltString, rand_core::OsRng},
};
use std::{
    sync::{LazyLock, Mutex, PoisonError},
    thread::available_parallelism,
    time::Duration,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::spawn_blocking,
    time::timeout,
};
use unicode_normalization::UnicodeNormalization;

/// The most hashes at once, however many cores there are: each keeps 19 MiB.
const HASHES_MAX: usize = 4;

/// Hashes that may wait.
const WAITING: usize = 256;

/// How long each may wait.
const WAIT: Duration = Duration::from_secs(3);

/// The length of a hash, in bytes.
const HASH_LENGTH: usize = 32;

/// What an unknown user's password is held against: it costs as much as a known one's. No password is known that has this hash.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How a password was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verified {
    Wrong,
    Right,
    /// It is right as it was typed, not in NFC: an earlier version made the hash.
    AsTyped,
}

/// How many hashes are computed at once.
pub fn hashes_at_once() -> usize {
    available_parallelism().map_or(1, usize::from).min(HASHES_MAX)
}

/// Refuses a password that is too short or too long.
pub(super) fn check(password: &str) -> Result<(), StoreError> {
    if password.len() > PASSWORD_MAX {
        return Err(StoreError::invalid(format!("a password has at most {PASSWORD_MAX} bytes")));
    }
    match password.nfc().count() {
        PASSWORD_MIN.. => Ok(()),
        _ => Err(StoreError::invalid(format!("a password has at least {PASSWORD_MIN} characters"))),
    }
}

/// The hash of a password, with a salt of its own, as a PHC string.
pub(super) async fn hash(password: &str) -> Result<String, StoreError> {
    let password = normalized(password);
    computed(move |memory| new_hash(&password, memory)).await
}

/// Holds a password against a hash; against none, which takes as long, it is wrong.
pub(super) async fn verify(password: &str, hash: Option<&str>) -> Result<Verified, StoreError> {
    if password.len() > PASSWORD_MAX {
        return Ok(Verified::Wrong);
    }
    let (typed, normalized) = (password.to_owned(), normalized(password));
    let hash = hash.map(str::to_owned);
    computed(move |memory| {
        let held_against = hash.as_deref().unwrap_or(NOBODY);
        let verified = match has_hash(&normalized, held_against, memory)? {
            true => Verified::Right,
            false if typed != normalized && has_hash(&typed, held_against, memory)? => Verified::AsTyped,
            false => Verified::Wrong,
        };
        Ok(if hash.is_some() { verified } else { Verified::Wrong })
    })
    .await
}

fn normalized(password: &str) -> String {
    password.nfc().collect()
}

fn new_hash(password: &str, memory: &mut [Block]) -> password_hash::Result<String> {
    let params = Params::default();
    let salt = SaltString::generate(&mut OsRng);
    let mut hash = [0; HASH_LENGTH];
    compute(Algorithm::Argon2id, Version::V0x13, &params, password, &salt, &mut hash, memory)?;
    let phc = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(salt.as_salt()),
        hash: Some(Output::new(&hash)?),
    };
    Ok(phc.to_string())
}

/// Whether `phc` is a hash of the password. The comparison takes as long wherever the two differ.
fn has_hash(password: &str, phc: &str, memory: &mut [Block]) -> password_hash::Result<bool> {
    let phc = PasswordHash::new(phc)?;
    let algorithm = Algorithm::try_from(phc.algorithm)?;
    let version = phc.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let params = Params::try_from(&phc)?;
    let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Err(password_hash::Error::PhcStringField) };
    let salt = SaltString::from_b64(salt.as_str())?;
    let mut hash = [0; Output::MAX_LENGTH];
    let hash = &mut hash[..expected.len()];
    compute(algorithm, version, &params, password, &salt, hash, memory)?;
    Ok(Output::new(hash)? == expected)
}

fn compute(
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    password: &str,
    salt: &SaltString,
    hash: &mut [u8],
    memory: &mut [Block],
) -> password_hash::Result<()> {
    let mut bytes = [0; password_hash::Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes)?;
    // A hash that needs more than we have was not made by any version of this program.
    let memory = memory.get_mut(..params.block_count()).ok_or(argon2::Error::MemoryTooLittle)?;
    Ok(Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(password.as_bytes(), salt, hash, memory)?)
}

/// The threads and the memory that hashes are computed in.
struct Pool {
    /// Those who compute, and those who wait.
    members: Semaphore,
    computing: Semaphore,
    wait: Duration,
    /// Memory that nobody computes in. It is made as it is needed, and kept: given back to the allocator, it would pile up there.
    memory: Mutex<Vec<Vec<Block>>>,
}

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool::new(hashes_at_once(), WAITING, WAIT));

/// A place in the pool, for as long as a hash is computed.
type Places<'a> = (SemaphorePermit<'a>, SemaphorePermit<'a>);

impl Pool {
    fn new(at_once: usize, waiting: usize, wait: Duration) -> Self {
        Self { members: Semaphore::new(at_once + waiting), computing: Semaphore::new(at_once), wait, memory: Mutex::default() }
    }

    async fn enter(&self) -> Result<Places<'_>, StoreError> {
        let busy = |detail: &str| StoreError::Unavailable { what: "too many passwords are checked at once", detail: detail.into() };
        let member = self.members.try_acquire().map_err(|_| busy("the line is full"))?;
        let computing = timeout(self.wait, self.computing.acquire()).await.map_err(|_| busy("the line is slow"))?;
        Ok((computing.map_err(|error| StoreError::Internal(error.to_string()))?, member))
    }

    fn compute<T>(&self, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = memory().pop();
        let mut blocks = kept.unwrap_or_else(|| vec![Block::default(); Params::DEFAULT.block_count()]);
        let done = work(&mut blocks);
        memory().push(blocks);
        done
    }
}

/// Computes in the pool. The work goes on when its caller has gone away, and keeps its place until it ends.
async fn computed<T: Send + 'static>(
    work: impl FnOnce(&mut [Block]) -> password_hash::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let places = POOL.enter().await?;
    let work = move || {
        let _places = places;
        POOL.compute(work)
    };
    let failed = |error: &dyn std::fmt::Display| StoreError::Internal(format!("a password cannot be hashed: {error}"));
    spawn_blocking(work).await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by an earlier version of this program, with another crate: `demo`.
    const OLD: &str = "$argon2id$v=19$m=19456,t=2,p=1$pOutOhg4dGXgzM/45S4G3w$JwlqKgOjsCt0uB49wQnVjuRHG/pdk6NAhcVwvOEcenY";

    #[tokio::test]
    async fn a_password_is_the_same_however_it_is_composed() {
        let hash = hash("pass\u{e9}-de-nuit").await.unwrap();
        assert_eq!(verify("passe\u{301}-de-nuit", Some(&hash)).await.unwrap(), Verified::Right);
        assert_eq!(verify("pass\u{e9}-de-nuit", Some(&hash)).await.unwrap(), Verified::Right);
        assert_eq!(verify("passe-de-nuit", Some(&hash)).await.unwrap(), Verified::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_an_earlier_version_is_known() {
        assert_eq!(verify("demo", Some(OLD)).await.unwrap(), Verified::Right);
        assert_eq!(verify("Demo", Some(OLD)).await.unwrap(), Verified::Wrong);
        // That version hashed what was typed.
        let typed = "passe\u{301}";
        let old = POOL.compute(|memory| new_hash(typed, memory)).unwrap();
        assert_eq!(verify(typed, Some(&old)).await.unwrap(), Verified::AsTyped);
        assert_eq!(verify("pass\u{e9}", Some(&old)).await.unwrap(), Verified::Wrong);
    }

    #[tokio::test]
    async fn an_unknown_users_password_costs_as_much_and_is_wrong() {
        let new = hash("any password").await.unwrap();
        let costs = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(costs(NOBODY), costs(&new));
        assert_eq!(verify("any password", None).await.unwrap(), Verified::Wrong);
    }

    #[tokio::test]
    async fn who_finds_the_line_full_or_slow_is_refused() {
        let pool = Pool::new(1, 1, Duration::from_millis(1));
        let _computing = pool.enter().await.unwrap();
        let mut waiting = std::pin::pin!(pool.enter());
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(pool.enter().await.is_err_and(|error| error.in_full().contains("full")));
        assert!(waiting.await.is_err_and(|error| error.in_full().contains("slow")));
    }

    #[test]
    fn memory_is_used_again() {
        let pool = Pool::new(2, 0, WAIT);
        let address = |memory: &mut [Block]| memory.as_ptr() as usize;
        assert_eq!(pool.compute(address), pool.compute(address));
        assert_eq!(pool.memory.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_password_has_eight_characters_at_least_and_1024_bytes_at_most() {
        assert!(check("8-chars!").is_ok() && check("7-chars").is_err());
        // Characters are counted as they are hashed: this is four of them.
        assert!(check("e\u{301}e\u{301}e\u{301}e\u{301}").is_err());
        assert!(check(&"a".repeat(1_024)).is_ok() && check(&"a".repeat(1_025)).is_err());
    }
}
