//! The program: see [`orderwire::server::cli::run`].

#![forbid(unsafe_code)]

/// A push allocates in one thread what another frees: of glibc's allocator that was a sixth of its cost (bench/README.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() {
    orderwire::server::cli::run().await;
}
