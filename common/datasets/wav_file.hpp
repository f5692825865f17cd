#pragma once

#include <cstddef>
#include <filesystem>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::datasets {

inline constexpr std::size_t kWavBytesMax = std::size_t{16} << 20U;

/// The samples of a WAV file as little-endian int16: PCM of 16 bits, one channel, `rate` samples a second. Chunks other
/// than `fmt ` and `data` are passed over.
/// InvalidInput, with the path: it is longer than kWavBytesMax, no such file, of another form (which the message names,
/// with what to do), or a chunk goes beyond its end. PermissionDenied: it cannot be read.
[[nodiscard]] Result<Bytes> read_wav(const std::filesystem::path& path, std::size_t rate);

}  // namespace skerry::datasets
