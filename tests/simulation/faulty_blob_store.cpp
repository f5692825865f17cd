#include "tests/simulation/faulty_blob_store.hpp"

namespace skerry::simulation {
namespace {

tl::unexpected<Error> io_error() {
    return fail(ErrorCode::Unavailable, "blobs: input/output error");
}

}  // namespace

template <class Write>
Result<> FaultyBlobStore::write(Write act) {
    if (refuses_) return io_error();
    // Some blobs of an update make one entry of the journal.
    refuses_ = world_.storm && dice_.chance(world_.conditions.disk_fails / 4);
    world_.counters.disk_faults += refuses_ ? 1 : 0;
    if (!refuses_ || dice_.chance(0.5)) SKERRY_TRY(act());
    if (refuses_) return io_error();
    return {};
}

Result<> FaultyBlobStore::read() const {
    if (!world_.storm || !dice_.chance(world_.conditions.disk_fails / 20)) return {};
    ++world_.counters.disk_faults;
    return io_error();
}

void FaultyBlobStore::durable(Mutation unless, const Digest& name) {
    dropped_.clear();
    if (world_.storm && world_.plan.mutation == unless) volatile_.insert(name);
}

Result<> FaultyBlobStore::put(const Digest& name, ByteView blob) {
    return write([&]() -> Result<> {
        SKERRY_TRY(PassingBlobStore::put(name, blob));
        durable(Mutation::SumsInMemory, name);
        return {};
    });
}

Result<> FaultyBlobStore::finish(const Digest& name) {
    return write([&]() -> Result<> {
        SKERRY_TRY(PassingBlobStore::finish(name));
        durable(Mutation::UpdatesInMemory, name);
        return {};
    });
}

Result<> FaultyBlobStore::erase(const Digest& name) {
    return write([&]() -> Result<> {
        if (auto blob = disk_.get(name)) erased_[name] = std::move(*blob);
        return PassingBlobStore::erase(name);
    });
}

Result<> FaultyBlobStore::append(const Digest& name, std::uint64_t offset, ByteView bytes) {
    return write([&] { return PassingBlobStore::append(name, offset, bytes); });
}

Result<> FaultyBlobStore::drop(const Digest& name) {
    return write([&]() -> Result<> {
        const std::uint64_t size = SKERRY_TRY(disk_.drafted(name));
        if (size > 0) dropped_[name] = SKERRY_TRY(disk_.read_draft(name, 0, static_cast<std::size_t>(size)));
        return PassingBlobStore::drop(name);
    });
}

Result<Bytes> FaultyBlobStore::get(const Digest& name) const {
    SKERRY_TRY(read());
    return PassingBlobStore::get(name);
}

Result<Bytes> FaultyBlobStore::get_range(const Digest& name, std::uint64_t offset, std::size_t count) const {
    SKERRY_TRY(read());
    return PassingBlobStore::get_range(name, offset, count);
}

Result<std::uint64_t> FaultyBlobStore::drafted(const Digest& name) const {
    SKERRY_TRY(read());
    return PassingBlobStore::drafted(name);
}

Result<Bytes> FaultyBlobStore::read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const {
    SKERRY_TRY(read());
    return PassingBlobStore::read_draft(name, offset, count);
}

// One draw for all drafts: names are hashes, so their order is no seed's.
void FaultyBlobStore::crash(bool power, std::uint64_t kept) {
    refuses_ = false;
    if (power && dice_.chance(0.5)) {
        for (const auto& [name, bytes] : dropped_)
            if (*disk_.drafted(name) == 0) (void)disk_.append(name, 0, bytes);
        for (const auto& [name, blob] : erased_)
            (void)disk_.put(name, blob);
    }
    if (power) {
        for (const Digest& name : volatile_)
            (void)disk_.erase(name);
    }
    dropped_.clear();
    erased_.clear();
    volatile_.clear();
    const auto drafts = disk_.drafts();
    for (const Digest& draft : *drafts)
        disk_.cut_draft(draft, *disk_.drafted(draft) * kept / 100);
}

}  // namespace skerry::simulation
