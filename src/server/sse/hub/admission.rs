//! Admission: how many streams may be open, and why one may not open.

/// How many streams may be open.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub per_user: usize,
    pub in_all: usize,
}

/// Why a stream may not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    #[error("the user has as many open streams as one may")]
    UserLimit,
    #[error("there are as many open streams as there may be")]
    Full,
    #[error("the program stops")]
    Stopping,
}
