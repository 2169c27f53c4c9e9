//! TLS: the certificate, and a new one on SIGHUP.
//!
//! Promises: a certificate that cannot be read replaces none; connections that are open keep the one that they began with; a SIGHUP where there
//! is no certificate ends nothing, unless it is a terminal's end.

use crate::server::settings::Settings;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    io::{self, IsTerminal},
    path::Path,
    sync::Arc,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// The configuration of the handshakes to come; `None` without a certificate. From then on, SIGHUP reads the certificate again.
pub fn tls(settings: &Settings) -> io::Result<Option<watch::Receiver<Arc<ServerConfig>>>> {
    let (Some(certificate), Some(key)) = (settings.tls_cert.clone(), settings.tls_key.clone()) else {
        // Who closes the terminal ends the program.
        if !io::stderr().is_terminal() {
            tokio::spawn(ignore(signal(SignalKind::hangup())?));
        }
        return Ok(None);
    };
    let (sender, receiver) = watch::channel(load(&certificate, &key)?);
    let hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move { reload(hangups, sender, &certificate, &key).await });
    Ok(Some(receiver))
}

async fn ignore(mut hangups: Signal) {
    while hangups.recv().await.is_some() {
        tracing::info!("SIGHUP: there is no certificate to read again");
    }
}

async fn reload(mut hangups: Signal, sender: watch::Sender<Arc<ServerConfig>>, certificate: &Path, key: &Path) {
    while hangups.recv().await.is_some() {
        match load(certificate, key) {
            Ok(config) => {
                sender.send_replace(config);
                tracing::info!("SIGHUP: the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "SIGHUP: the certificate cannot be read; the one before stays"),
        }
    }
}

fn load(certificate: &Path, key: &Path) -> io::Result<Arc<ServerConfig>> {
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(io::Error::other)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.map_err(io::Error::other)?;
    // HTTP/2: a browser's tabs then share one connection, and are not limited to six streams.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
