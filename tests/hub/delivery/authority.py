"""A certificate authority and certificates of it, made for a test run."""

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass
class Authority:
    """Signs certificates, and stands in a file that a client may trust."""

    directory: Path

    def __post_init__(self) -> None:
        self.certificates: dict[str, Path] = {}
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Authority of a test")
        usage = x509.BasicConstraints(ca=True, path_length=0)
        built = self._builder(self._name, self._key, DAY).add_extension(usage, critical=True)
        self.file = self.directory / "authority.pem"
        self.file.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def server(self, host: str, valid_for: datetime.timedelta = DAY) -> ssl.SSLContext:
        """What a server for this host presents; with a negative time its certificate has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        built = self._builder(_name(host), key, valid_for).add_extension(names, critical=False)
        pem = self.directory / f"{host}{valid_for.days}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM) + secret)
        self.certificates[host] = pem
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def _builder(self, subject: x509.Name, key, valid_for: datetime.timedelta) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 3 * DAY)
            .not_valid_after(now + valid_for)
            .add_extension(identity, critical=False)
            .add_extension(issuer, critical=False)
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
