#include "common/storage/checksum.hpp"

#include <xxhash.h>

namespace skerry::storage {

std::uint64_t checksum_of(ByteView bytes, std::uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace skerry::storage
