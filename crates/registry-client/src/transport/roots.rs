//! Whom this machine believes when it comes to names: its own list, or the one that the program brings along.
//! What single registries add is not here.

use rustls::RootCertStore;

/// The system's certificate authorities; Mozilla's, as built in, where the system has none (a container from scratch, say).
///
/// A certificate that cannot be read is passed over, as others do: systems' lists have had such.
pub(super) fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
