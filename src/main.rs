//! The program: see [`orderwire::server::run`].

#[tokio::main]
async fn main() {
    orderwire::server::run().await;
}
