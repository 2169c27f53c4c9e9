//! The program: see [`orderwire::server::cli::run`].

#![forbid(unsafe_code)]

/// Much of what a push allocates is freed by another thread, which takes glibc's allocator long (bench/README.md, "What was tried").
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() {
    orderwire::server::cli::run().await;
}
