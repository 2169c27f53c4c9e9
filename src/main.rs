//! The program: see [`orderwire::server::cli::run`].

#![forbid(unsafe_code)]

/// Pushes are allocated on one thread and freed on another: glibc's allocator takes a lock for that, and mimalloc does not.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    orderwire::server::cli::run().await;
}
