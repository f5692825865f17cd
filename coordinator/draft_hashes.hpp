#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "common/crypto/hash.hpp"

namespace skerry::coordinator {

/// SHA-256 of drafts, taken as their pieces are written: so an update that has come whole need not be read once more
/// for it. Knows nothing of a draft that was begun before the process. Memory: some 200 bytes a draft. Thread-safe.
class DraftHashes {
public:
    /// There is no such draft yet.
    void begin(const Digest& draft);
    /// `bytes` were written at `at`. Forgets a draft that was written otherwise than piece behind piece.
    void add(const Digest& draft, std::uint64_t at, ByteView bytes);
    void forget(const Digest& draft);
    /// Of its first `bytes`, where these are all that was written.
    [[nodiscard]] std::optional<Digest> of(const Digest& draft, std::uint64_t bytes) const;

private:
    struct Draft {
        crypto::Sha256 hash;
        std::uint64_t bytes = 0;
    };

    mutable std::mutex mutex_;
    std::map<Digest, Draft> drafts_;
};

}  // namespace skerry::coordinator
