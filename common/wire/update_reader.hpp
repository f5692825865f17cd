#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/wire/sealed_update.hpp"

namespace skerry::wire {

/// Opens a sealed update where it lies, chunk by chunk, so that what is read need not fit into memory. Not thread-safe.
class UpdateReader {
public:
    /// Bytes [offset, offset + count) of what was sealed, all of them within it.
    using Sealed = std::function<Result<Bytes>(std::uint64_t offset, std::size_t count)>;

    /// Opens the first chunk, for what lies before Δ. The signature was verified. `sealed` is asked as long as this
    /// lives. PermissionDenied: the chunk does not open under this key and header. InvalidInput: it opens, but no body
    /// begins so. Else what `sealed` fails with. Cost: one X25519, about 50 µs, and the chunk.
    [[nodiscard]] static Result<UpdateReader> open(ByteView header, std::uint64_t sealed_bytes, Sealed sealed,
                                                   const crypto::SealPrivateKey& key);

    [[nodiscard]] const UpdateHeader& header() const { return header_; }
    /// What lies before Δ; once.
    [[nodiscard]] UpdateBody take_head() { return std::move(head_); }
    /// Values of Δ.
    [[nodiscard]] std::uint64_t values() const { return values_; }

    /// Whether read() reads: Float32, and what reads_in_pieces().
    [[nodiscard]] bool in_pieces() const;
    /// Values [first, first + out.size()) of Δ. Any order; where reads follow each other each chunk is opened once.
    /// Memory: one chunk, and the piece as it was written. Errors as open().
    [[nodiscard]] Result<> read(std::uint64_t first, std::span<float> out);
    /// Δ whole, whatever its form. Memory: Δ, one chunk, and Δ as it was written; of Top read_sparse()'s, too. Errors
    /// as open().
    [[nodiscard]] Result<std::vector<float>> read_all();
    /// Whether read_sparse() reads: Top.
    [[nodiscard]] bool is_sparse() const { return header_.form.encoding == DeltaEncoding::Top; }
    /// As read_all(), without the zeroes. Memory: what is not 0, one chunk, and Δ as it was written.
    [[nodiscard]] Result<SparseValues> read_sparse();
    /// Lets go of the chunk that was opened last.
    void forget();

private:
    UpdateReader(UpdateHeader header, Digest header_digest, Sealed sealed, crypto::HpkeReceiver receiver)
        : header_(std::move(header)),
          header_digest_(header_digest),
          sealed_(std::move(sealed)),
          receiver_(std::move(receiver)) {}

    Result<> open_chunk(std::uint32_t index);
    /// Bytes [first, first + out.size()) of Δ as it is written.
    Result<> copy(std::uint64_t first, std::span<std::byte> out);
    Result<> read_coarse(std::uint64_t first, std::span<float> out);
    /// Δ as it is written, which is not Float32.
    Result<Bytes> read_written();

    UpdateHeader header_;
    Digest header_digest_;
    Sealed sealed_;
    crypto::HpkeReceiver receiver_;
    UpdateBody head_;
    std::uint64_t delta_at_ = 0;     ///< where Δ begins in the body
    std::uint64_t delta_bytes_ = 0;  ///< as it is written
    std::uint64_t values_ = 0;
    Bytes lead_;                         ///< of every piece; empty: not read yet, or there is none
    std::uint32_t opened_ = UINT32_MAX;  ///< index of `chunk_`
    Bytes chunk_;
};

}  // namespace skerry::wire
