#!/usr/bin/env python3
"""PROTOCOL.md §3, §4 and §7 written a second time, from the document alone: prints golden.hpp.

Not part of the build. The bytes that it prints are fixed for ever; run it (needs python3-cryptography) only to see
that they still follow from the document:  ./golden.py | diff golden.hpp -
"""
import base64
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

RAW = dict(encoding=serialization.Encoding.Raw, format=serialization.PublicFormat.Raw)
MIB = 1 << 20


def fill(value, size):
    return bytes([value]) * size


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


SIGNER = Ed25519PrivateKey.from_private_bytes(fill(7, 32))
FEDERATION, NODE = fill(0x11, 16), fill(0x22, 16)
TIME = struct.pack("<q", 1_772_366_400_250)

RECORDS = {
    "Keys": (b"skerry/keys/1", b"SKK1" + FEDERATION + struct.pack("<Q", 3) + fill(0x33, 32) + fill(0x44, 32) + fill(0x55, 32)),
    "Certificate": (b"skerry/certificate/1", b"SKC1" + FEDERATION + NODE + fill(0x66, 32) + fill(0x77, 32) + b"\x01" + TIME
                    + struct.pack("<q", 253_402_300_799_999)),
    "Lease": (b"skerry/lease/1", b"SKL1" + FEDERATION + fill(0x88, 16) + NODE + fill(0x99, 32) + struct.pack("<Q", 41) + b"\x02"
              + struct.pack("<IQf", 1000, 5_000_000, 2.5) + TIME),
    "Receipt": (b"skerry/receipt/1", b"SKR1" + FEDERATION + NODE + struct.pack("<Q", 9) + fill(0x88, 16) + fill(0xAA, 32)
                + struct.pack("<Q", 6400) + TIME),
    "Manifest": (b"skerry/manifest/1", b"SKM1" + FEDERATION + struct.pack("<QQQ", 42, 41, 7) + fill(0x99, 32)
                 + struct.pack("<QQQ", 10, 20, 30) + fill(0xB0, 32) + fill(0xB1, 32) + fill(0xB2, 32) + struct.pack("<I", 5)
                 + fill(0xC0, 32) + fill(0xC1, 32) + TIME),
    "Encoded": (b"skerry/encoding/1", b"SKE1" + FEDERATION + struct.pack("<Q", 42) + fill(0xB2, 32) + b"\x02"
                + struct.pack("<QQQ", 12, 22, 32) + fill(0xA0, 32) + fill(0xA1, 32) + fill(0xA2, 32)
                + struct.pack("<fff", 0.03125, 0.03125, 0.0625)),
    "Difference": (b"skerry/difference/1", b"SKD2" + FEDERATION + struct.pack("<Q", 42) + fill(0xB2, 32) + b"\x02"
                   + struct.pack("<Q", 41) + fill(0xD0, 32) + struct.pack("<QQQ", 9, 19, 29)
                   + fill(0xA3, 32) + fill(0xA4, 32) + fill(0xA5, 32) + fill(0xA6, 32) + fill(0xA7, 32) + fill(0xA8, 32)),
}


def extract(salt, key):
    return mac(salt or bytes(32), key)


def expand(key, info, length):
    return HKDFExpand(hashes.SHA256(), length, info).derive(key)


def hpke_sender(receiver, ephemeral, info):
    """RFC 9180 §5.1, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305."""
    enc, pk = ephemeral.public_key().public_bytes(**RAW), receiver.public_bytes(**RAW)
    kem, hpke = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"

    def labelled_extract(suite, salt, label, key):
        return extract(salt, b"HPKE-v1" + suite + label + key)

    def labelled_expand(suite, key, label, context, length):
        return expand(key, struct.pack(">H", length) + b"HPKE-v1" + suite + label + context, length)

    shared = labelled_expand(kem, labelled_extract(kem, b"", b"eae_prk", ephemeral.exchange(receiver)), b"shared_secret", enc + pk, 32)
    context = b"\x00" + labelled_extract(hpke, b"", b"psk_id_hash", b"") + labelled_extract(hpke, b"", b"info_hash", info)
    secret = labelled_extract(hpke, shared, b"secret", b"")
    key = labelled_expand(hpke, secret, b"key", context, 32)
    base = labelled_expand(hpke, secret, b"base_nonce", context, 12)

    def seal(index, aad, plain):
        nonce = bytes(a ^ b for a, b in zip(base, struct.pack(">IQ", 0, index)))
        return ChaCha20Poly1305(key).encrypt(nonce, plain, aad)

    return enc, seal


def audit_counts():
    """700 audits, all in one bin of each exit; light differs in 5 of them, medium in 1."""
    bins = [(0, 0, 0)] * 128
    bins[3] = bins[64 + 60] = (700, 5, 1)
    return struct.pack("<I", 700) + b"".join(struct.pack("<III", *each) for each in bins)


def soft_labels():
    """Three classes, of the second nothing is known."""
    rows = [(20, 60000, 5000, 534), (0, 0, 0, 0), (7, 1, 2, 65532)]
    return b"".join(struct.pack("<I3H", *each) for each in rows)


def sealed_update(audits=b"", errors=b"", labels=b"", classes=0):
    receiver = X25519PrivateKey.from_private_bytes(fill(5, 32)).public_key()
    ephemeral = X25519PrivateKey.from_private_bytes(fill(6, 32))
    enc, seal = hpke_sender(receiver, ephemeral, b"skerry/update/1" + FEDERATION + NODE)
    plain = struct.pack("<QQH", 100, 7, 2) + struct.pack("<HHIHHI", 1, 2, 4, 9, 0, 3) + audits + errors + labels + struct.pack("<3f", 0.5, -1.25, 3.0)
    header = (b"SKU1" + struct.pack("<HH", 1, 1) + FEDERATION + NODE + struct.pack("<Q", 9) + fill(0x88, 16) + struct.pack("<Q", 41)
              + fill(0x99, 32) + struct.pack("<BBHIQI", 1, 0, (1 if audits else 0) | (2 if errors else 0) | (4 if labels else 0), 640, len(plain), MIB)
              + enc + struct.pack("<H", classes))
    header += bytes(256 - len(header))
    assert len(plain) <= MIB
    sealed = seal(0, sha256(header) + struct.pack("<IB", 0, 1), plain)
    return header + sealed + SIGNER.sign(b"skerry/update/1" + sha256(header + sealed))


def token():
    endpoint = b"tcp://fleet.example:7601"
    content = fill(0xD0, 6) + fill(0xD1, 16) + fill(0xD2, 32) + fill(0xD3, 32) + struct.pack("<H", len(endpoint)) + endpoint
    return "sk1." + base64.urlsafe_b64encode(content + sha256(content)[:4]).decode().rstrip("=")


def join_proofs():
    key = expand(extract(b"", sha256(fill(0xD1, 16))), b"skerry/join/key/1", 32)
    name = b"reef-3"
    claims = (b"skerry/join/request/1" + fill(0xD0, 6) + SIGNER.public_key().public_bytes(**RAW) + fill(0x77, 32)
              + struct.pack("<I", len(name)) + name + b"\x01" + fill(0xE0, 32))
    proof = mac(key, claims)
    signature = SIGNER.sign(claims + proof)

    def sized(data):
        return struct.pack("<I", len(data)) + data

    reply = (b"skerry/join/reply/1" + sized(claims + proof) + signature + b"\x01" + sized(b"") + fill(0xE1, 32)
             + sized(fill(0xE2, 5)) + fill(0xE3, 64) + sized(fill(0xE4, 6)) + fill(0xE5, 64) + sized(b"[model]\n")
             + sized(b"tcp://fleet.example:7600"))
    return proof, signature, mac(key, reply)


def constant(name, text):
    pieces = [text[i : i + 100] for i in range(0, len(text), 100)]
    declaration = f"inline constexpr std::string_view {name} ="
    if len(declaration) + len(text) + 4 <= 120:
        return print(f'{declaration} "{text}";')
    print(declaration)
    print("\n".join(f'    "{piece}"' for piece in pieces) + ";")


print("#pragma once\n\n#include <string_view>\n")
print("/// Bytes that are fixed for ever, made by golden.py from PROTOCOL.md alone. The signer's seed is 32 · 07.")
print("namespace skerry::wire::golden {\n")
for record, (domain, body) in RECORDS.items():
    constant(f"k{record}Body", body.hex())
    constant(f"k{record}Signature", SIGNER.sign(domain + sha256(body)).hex())
constant("kUpdateBlob", sealed_update().hex())
constant("kUpdateWithAuditsBlob", sealed_update(audit_counts()).hex())
constant("kUpdateWithErrorsBlob", sealed_update(errors=struct.pack("<9I", 0, 1, 0, 2, 0, 3, 1, 0, 0)).hex())
constant("kUpdateWithSoftLabelsBlob", sealed_update(labels=soft_labels(), classes=3).hex())
constant("kToken", token())
for name, value in zip(("kRequestProof", "kRequestSignature", "kReplyProof"), join_proofs()):
    constant(name, value.hex())
print("\n}  // namespace skerry::wire::golden")
