"""The server's own certificate authority and the certificates that it gives to the server's replicas.

The authority is made once and kept in the database, so that every replica and a restored server are the one that the
desks know. It signs nothing but servers of this database; a desk that pins it needs no name to be right.
"""

import datetime as dt
import ipaddress
import os
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import ifaddr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct
from sqlalchemy import Connection

from core.errors import Unavailable
from core.store.trouble import of_os_error
from sync.server.secrets_kept import secret

_AUTHORITY_YEARS = 25
_SERVER_DAYS = 397
_BACKDATED = dt.timedelta(days=1)  # a desk whose clock is behind must be able to connect
_PEM = serialization.Encoding.PEM
_PKCS8 = serialization.PrivateFormat.PKCS8


class Authority(Struct, frozen=True):
    """The certificate authority: both parts PEM."""

    certificate: bytes
    key: bytes

    @property
    def der(self) -> bytes:
        """What the pairing code's check is made of."""
        return x509.load_pem_x509_certificate(self.certificate).public_bytes(serialization.Encoding.DER)


class TlsFiles(Struct, frozen=True):
    """What the web server reads: its certificate with the authority's behind it, and its key."""

    certificate: Path
    key: Path


def certificate_authority(connection: Connection, now_ms: int) -> Authority:
    """This database's authority, made when it is first asked for."""
    kept = secret(connection, "authority", lambda: _new_authority(now_ms))
    certificate, _, key = kept.partition(b"\n\n")
    return Authority(certificate + b"\n", key)


def _new_authority(now_ms: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Foredesk authority {os.urandom(4).hex()}")])
    certificate = (
        _begun(name, name, key.public_key(), now_ms, dt.timedelta(days=365 * _AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(_PEM).rstrip(b"\n")
    return pem + b"\n\n" + key.private_bytes(_PEM, _PKCS8, serialization.NoEncryption())


def write_server_certificate(kept: Authority, names: Sequence[str], folder: Path, now_ms: int) -> TlsFiles:
    """A fresh key and certificate for these host names and addresses, in `folder`. Raises Unavailable."""
    files = TlsFiles(folder / "server.pem", folder / "server.key")
    certificate, key = _issue(kept, names, now_ms)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, content, mode in ((files.certificate, certificate, 0o644), (files.key, key, 0o600)):
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
    except OSError as error:
        raise of_os_error(folder, error) from error
    return files


def _issue(kept: Authority, names: Sequence[str], now_ms: int) -> tuple[bytes, bytes]:
    signer = serialization.load_pem_private_key(kept.key, None)
    issuer = x509.load_pem_x509_certificate(kept.certificate)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Foredesk server")])
    certificate = (
        _begun(subject, issuer.subject, key.public_key(), now_ms, dt.timedelta(days=_SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_san(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    chain = certificate.public_bytes(_PEM) + kept.certificate
    return chain, key.private_bytes(_PEM, _PKCS8, serialization.NoEncryption())


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now_ms: int, lasting: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _BACKDATED).not_valid_after(now + lasting)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _san(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def own_names(given: Sequence[str], host: str) -> tuple[str, ...]:
    """What this machine is called, best first: the names given, its addresses, its own name, the loopback."""
    found = [*given, *([host] if _is_one_address(host) else []), *_addresses(), *_hostnames()]
    return tuple(dict.fromkeys((*found, "localhost", "127.0.0.1", "::1")))


def _is_one_address(host: str) -> bool:
    return host not in {"", "0.0.0.0", "::"}


def _hostnames() -> list[str]:
    name = socket.gethostname()
    return [name] if name.isascii() and " " not in name else []


def _addresses() -> list[str]:
    """The addresses of the machine's network cards, as other machines can use them; IPv4 first."""
    found = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for card in ifaddr.get_adapters() for ip in card.ips]
    known = [ipaddress.ip_address(address) for address in found]
    usable = [address for address in known if not address.is_loopback and not address.is_link_local]
    return [str(address) for address in sorted(usable, key=lambda address: (address.version, str(address)))]


def check_own_files(files: TlsFiles) -> None:
    """Raises Unavailable where a certificate and a key that somebody else made do not fit or cannot be read."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError) as error:
        raise Unavailable(
            f"The certificate {files.certificate} with the key {files.key} cannot be used: {error}.",
            "The server was not started.",
            "Check both files, or leave them away: the server then makes its own.",
        ) from error
