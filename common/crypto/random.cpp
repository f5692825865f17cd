#include "common/crypto/random.hpp"

#include <algorithm>

#include <openssl/rand.h>

#include "common/base/error.hpp"
#include "common/crypto/openssl_handles.hpp"

namespace skerry::crypto {

void fill_random(std::span<std::byte> out) {
    constexpr std::size_t kPieceMax = std::size_t{1} << 20U;  // RAND_bytes counts in int
    while (!out.empty()) {
        const auto piece = out.first(std::min(out.size(), kPieceMax));
        SKERRY_ASSERT(RAND_bytes(raw(piece.data()), static_cast<int>(piece.size())) == 1);
        out = out.subspan(piece.size());
    }
}

}  // namespace skerry::crypto
