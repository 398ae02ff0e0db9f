//! Whom a TLS client of ours believes: this machine's authorities, or anybody.
//!
//! What single registries and engines add is not here.

mod any_certificate;

use rustls::RootCertStore;

pub use any_certificate::AnyCertificate;

/// The system's certificate authorities; Mozilla's, as built in, where the system has none (a container from scratch, say).
///
/// A certificate that cannot be read is passed over, as others do: systems' lists have had such.
#[must_use]
pub fn system_authorities() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
