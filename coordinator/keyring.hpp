#pragma once

#include "common/crypto/hpke.hpp"
#include "common/crypto/sign.hpp"

namespace skerry::coordinator {

/// The coordinator's private keys. Never logged, never sent.
struct Keyring {
    crypto::SigningKey root;      ///< signs key sets and certificates; tokens pin it
    crypto::SigningKey signing;   ///< signs leases, receipts, manifests
    crypto::SealPrivateKey seal;  ///< opens updates
    ByteArray<32> transport{};    ///< the public CURVE key; its secret half stays with the sockets
};

}  // namespace skerry::coordinator
