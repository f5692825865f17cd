#pragma once

#include "common/storage/blob_store.hpp"

namespace skerry {

/// Passes every call on; a test overrides what it wants to see or to break.
class PassingBlobStore : public storage::BlobStore {
public:
    /// `inner` outlives it.
    explicit PassingBlobStore(storage::BlobStore& inner) : inner_(inner) {}

    Result<> put(const Digest& name, ByteView blob) override { return inner_.put(name, blob); }
    Result<Bytes> get(const Digest& name) const override { return inner_.get(name); }
    Result<Bytes> get_range(const Digest& name, std::uint64_t offset, std::size_t count) const override {
        return inner_.get_range(name, offset, count);
    }
    Result<std::uint64_t> size(const Digest& name) const override { return inner_.size(name); }
    Result<bool> has(const Digest& name) const override { return inner_.has(name); }
    Result<> erase(const Digest& name) override { return inner_.erase(name); }
    Result<std::vector<Digest>> names() const override { return inner_.names(); }
    Result<> append(const Digest& name, std::uint64_t offset, ByteView bytes) override {
        return inner_.append(name, offset, bytes);
    }
    Result<std::uint64_t> drafted(const Digest& name) const override { return inner_.drafted(name); }
    Result<Bytes> read_unchecked(const Digest& name, std::uint64_t offset, std::size_t count) const override {
        return read_draft(name, offset, count);
    }
    Result<Bytes> read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const override {
        return inner_.read_draft(name, offset, count);
    }
    Result<> finish(const Digest& name) override { return inner_.finish(name); }
    Result<> drop(const Digest& name) override { return inner_.drop(name); }
    Result<std::vector<Digest>> drafts() const override { return inner_.drafts(); }

private:
    storage::BlobStore& inner_;
};

}  // namespace skerry
