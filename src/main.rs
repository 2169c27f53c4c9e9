//! The program: see [`orderwire::server::cli::run`].

#[tokio::main]
async fn main() {
    orderwire::server::cli::run().await;
}
