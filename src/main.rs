//! The program: see [`orderwire::server::cli::run`].

#![forbid(unsafe_code)]

#[tokio::main]
async fn main() {
    orderwire::server::cli::run().await;
}
