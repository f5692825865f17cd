#include "common/storage/file_blob_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include "common/storage/checksum.hpp"

namespace skerry::storage {
namespace {

constexpr std::string_view kDraft = ".draft";
constexpr std::string_view kNew = ".new";

std::string file_of(const Digest& name, std::string_view ending = "") {
    return to_hex(name).append(ending);
}

}  // namespace

Result<std::unique_ptr<FileBlobStore>> FileBlobStore::open(const std::filesystem::path& path) {
    ::mkdir(path.c_str(), 0700);
    auto store = SKERRY_TRY(open(path, Folder::at(path)));
    // Whoever has made it, perhaps a process that was killed here.
    SKERRY_TRY(store->written(Folder::at(path.has_parent_path() ? path.parent_path() : ".")->sync(), ""));
    return store;
}

Result<std::unique_ptr<FileBlobStore>> FileBlobStore::open(std::filesystem::path path, std::shared_ptr<Folder> folder) {
    std::unique_ptr<FileBlobStore> store(new FileBlobStore(std::move(path), std::move(folder)));
    const Folder::Names names = store->folder_->names();
    if (names.failure != 0) return store->failed("reading", "", names.failure);
    for (const std::string& file : names.all)
        if (file.ends_with(kNew)) SKERRY_TRY(store->written(store->folder_->remove(file), file));
    // A process before this one may have been killed between a rename and this.
    SKERRY_TRY(store->written(store->folder_->sync(), ""));
    return store;
}

Result<> FileBlobStore::put(const Digest& name, ByteView blob) {
    SKERRY_TRY(accepts_writes());
    if (SKERRY_TRY(has(name))) return {};
    BlockChecksum block;
    const StoredParts stored(0, blob, block);
    const std::string file = file_of(name, kNew);
    if (const int failure = folder_->write(file, stored.parts()); failure != 0) {
        (void)folder_->remove(file);  // a full disk needs the room
        return written(failure, file);
    }
    SKERRY_TRY(written(folder_->rename(file, file_of(name)), file));
    SKERRY_TRY(written(folder_->sync(), file_of(name)));
    return SKERRY_TRY(size_of_draft(name)) ? drop(name) : Result<>();
}

Result<std::optional<std::uint64_t>> FileBlobStore::size_in(const std::string& file) const {
    const auto [bytes, failure] = folder_->size(file);
    if (failure == ENOENT) return std::nullopt;
    if (failure != 0) return failed("reading", file, failure);
    const auto size = size_of_stored(bytes);
    if (!size) return damaged(file);
    return size;
}

Result<std::uint64_t> FileBlobStore::size(const Digest& name) const {
    const auto found = SKERRY_TRY(size_in(file_of(name)));
    if (!found) return fail(ErrorCode::NotFound, "no blob " + to_hex(name));
    return *found;
}

Result<bool> FileBlobStore::has(const Digest& name) const {
    const auto [bytes, failure] = folder_->size(file_of(name));
    if (failure != 0 && failure != ENOENT) return failed("reading", file_of(name), failure);
    return failure == 0;
}

Result<Bytes> FileBlobStore::get(const Digest& name) const {
    const std::uint64_t bytes = SKERRY_TRY(size(name));
    return read(file_of(name), bytes, 0, static_cast<std::size_t>(bytes), Check::Yes);
}

Result<Bytes> FileBlobStore::get_range(const Digest& name, std::uint64_t offset, std::size_t count) const {
    const std::uint64_t bytes = SKERRY_TRY(size(name));
    SKERRY_TRY(check_range(name, bytes, offset, count));
    return read(file_of(name), bytes, offset, count, Check::Yes);
}

Result<Bytes> FileBlobStore::read_any(const Digest& name, std::uint64_t offset, std::size_t count, Check check) const {
    const bool is_blob = SKERRY_TRY(has(name));
    const auto draft = is_blob ? std::optional<std::uint64_t>() : SKERRY_TRY(size_of_draft(name));
    const std::uint64_t bytes = draft ? *draft : SKERRY_TRY(size(name));
    SKERRY_TRY(check_range(name, bytes, offset, count));
    auto drafted = read(file_of(name, draft ? kDraft : ""), bytes, offset, count, check);
    const bool finished = draft && !drafted && drafted.error().code == ErrorCode::NotFound;  // meanwhile
    return finished ? read(file_of(name), bytes, offset, count, check) : drafted;
}

Result<Bytes> FileBlobStore::read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const {
    return read_any(name, offset, count, Check::Yes);
}

Result<Bytes> FileBlobStore::read_unchecked(const Digest& name, std::uint64_t offset, std::size_t count) const {
    return read_any(name, offset, count, Check::No);
}

Result<Bytes> FileBlobStore::read(const std::string& file, std::uint64_t size, std::uint64_t offset, std::size_t count,
                                  Check check) const {
    Bytes bytes;
    bytes.reserve(count);
    while (bytes.size() < count) {
        const std::uint64_t position = offset + bytes.size();
        const auto first = static_cast<std::size_t>(position % kBlockBytes);
        const std::size_t taken = std::min(count - bytes.size(), kBlockBytes - first);
        if (check == Check::Yes) {
            const auto whole = SKERRY_TRY(block(file, size, position / kBlockBytes));
            if (!whole) return damaged(file);
            const ByteView part = ByteView(*whole).subspan(first, taken);
            bytes.insert(bytes.end(), part.begin(), part.end());
        } else {
            bytes.resize(bytes.size() + taken);
            SKERRY_TRY(read_stored(file, stored_at(position), std::span(bytes).last(taken)));
        }
    }
    return bytes;
}

Result<std::optional<Bytes>> FileBlobStore::block(const std::string& file, std::uint64_t size,
                                                  std::uint64_t number) const {
    const std::uint64_t begin = number * kBlockBytes;
    Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, size - begin)) + kChecksumBytes);
    SKERRY_TRY(read_stored(file, stored_at(begin), bytes));
    std::uint64_t checksum = 0;
    std::memcpy(&checksum, bytes.data() + bytes.size() - kChecksumBytes, kChecksumBytes);
    bytes.resize(bytes.size() - kChecksumBytes);
    if (checksum != checksum_of(bytes, number)) return std::nullopt;
    return bytes;
}

Result<> FileBlobStore::read_stored(const std::string& file, std::uint64_t at, std::span<std::byte> into) const {
    const auto [bytes, failure] = folder_->read(file, at, into);
    if (failure == ENOENT) return fail(ErrorCode::NotFound, "no blob " + file);  // erased between the two reads
    if (failure != 0) return failed("reading", file, failure);
    if (bytes < into.size()) return damaged(file);
    return {};
}

Result<> FileBlobStore::erase(const Digest& name) {
    SKERRY_TRY(accepts_writes());
    return written(folder_->remove(file_of(name)), file_of(name));
}

Result<std::vector<Digest>> FileBlobStore::names() const {
    return list("");
}

Result<std::vector<Digest>> FileBlobStore::drafts() const {
    return list(kDraft);
}

Result<std::vector<Digest>> FileBlobStore::list(std::string_view ending) const {
    const Folder::Names names = folder_->names();
    if (names.failure != 0) return failed("reading", "", names.failure);
    std::vector<Digest> found;
    for (std::string_view file : names.all) {
        Digest name{};
        if (file.size() != 2 * name.size() + ending.size() || !file.ends_with(ending)) continue;
        const auto bytes = from_hex(file.substr(0, 2 * name.size()));
        if (!bytes) continue;
        std::ranges::copy(*bytes, name.begin());
        found.push_back(name);
    }
    std::ranges::sort(found);
    return found;
}

Result<> FileBlobStore::append(const Digest& name, std::uint64_t offset, ByteView bytes) {
    const std::lock_guard alone(writing_);
    SKERRY_TRY(accepts_writes());
    Draft* draft = nullptr;
    {
        const std::lock_guard lock(mutex_);
        draft = SKERRY_TRY(find(name));
        if (draft == nullptr && SKERRY_TRY(has(name))) return {};  // whose bytes these would be
        const std::uint64_t size = draft == nullptr ? 0 : draft->size;
        SKERRY_TRY(check_no_hole(name, size, offset));
        if (size - offset >= bytes.size()) return {};
        bytes = bytes.subspan(static_cast<std::size_t>(size - offset));
        if (draft == nullptr) draft = &drafts_.try_emplace(name).first->second;
    }
    const std::string file = file_of(name, kDraft);
    const StoredParts stored(draft->size, bytes, draft->block);
    SKERRY_TRY(written(folder_->append(file, stored_at(draft->size), stored.parts()), file));
    const std::lock_guard lock(mutex_);
    draft->size += bytes.size();
    return {};
}

Result<FileBlobStore::Draft*> FileBlobStore::find(const Digest& name) const {
    if (const auto known = drafts_.find(name); known != drafts_.end()) return &known->second;
    auto draft = SKERRY_TRY(recovered(file_of(name, kDraft)));
    if (!draft) return nullptr;
    return &drafts_.emplace(name, std::move(*draft)).first->second;
}

Result<std::optional<std::uint64_t>> FileBlobStore::size_of_draft(const Digest& name) const {
    const std::lock_guard lock(mutex_);
    const Draft* const draft = SKERRY_TRY(find(name));
    return draft == nullptr ? std::optional<std::uint64_t>() : draft->size;
}

Result<std::optional<FileBlobStore::Draft>> FileBlobStore::recovered(const std::string& file) const {
    const auto [stored, failure] = folder_->size(file);
    if (failure == ENOENT) return std::nullopt;
    if (failure != 0) return failed("reading", file, failure);
    const std::uint64_t whole = stored / (kBlockBytes + kChecksumBytes) * kBlockBytes;
    const std::uint64_t size = size_of_stored(stored).value_or(whole);
    Draft draft;
    draft.is_recovered = true;
    while (draft.size < size) {
        const auto part = block(file, size, draft.size / kBlockBytes);
        if (!part || !*part) break;  // what cannot be read any more is sent again
        draft.size += (*part)->size();
        if ((*part)->size() < kBlockBytes) draft.block.update(**part);
        if ((*part)->size() == kBlockBytes) draft.block.begin(draft.size / kBlockBytes);
    }
    // Behind them are bytes that a crash left, and the next ones must not end before these.
    const bool full = draft.size % kBlockBytes == 0;
    if (folder_->cut(file, stored_at(draft.size) + (full ? 0 : kChecksumBytes)) == 0) return draft;
    if (const int kept = folder_->remove(file); kept != 0) return failed("removing", file, kept);
    return std::nullopt;
}

Result<std::uint64_t> FileBlobStore::drafted(const Digest& name) const {
    return SKERRY_TRY(size_of_draft(name)).value_or(0);
}

Result<> FileBlobStore::finish(const Digest& name) {
    const std::string draft = file_of(name, kDraft), fresh = file_of(name, kNew);
    {
        const std::lock_guard alone(writing_);
        SKERRY_TRY(accepts_writes());
        const auto size = SKERRY_TRY(size_of_draft(name));
        const bool is_blob = SKERRY_TRY(has(name));
        if (!size && !is_blob) return fail(ErrorCode::NotFound, "no draft " + to_hex(name));
        if (!is_blob) {
            bool is_recovered = false;
            {
                const std::lock_guard lock(mutex_);
                is_recovered = drafts_.at(name).is_recovered;
            }
            if (is_recovered) SKERRY_TRY(write_anew(draft, *size, fresh));
            if (const int failure = is_recovered ? 0 : folder_->sync(draft); failure != 0) {
                (void)folder_->remove(draft);  // or the next start would have to write it anew
                return written(failure, draft);
            }
            const std::string& whole = is_recovered ? fresh : draft;
            SKERRY_TRY(written(folder_->rename(whole, file_of(name)), whole));
            SKERRY_TRY(written(folder_->sync(), file_of(name)));
        }
    }
    return drop(name);
}

Result<> FileBlobStore::write_anew(const std::string& draft, std::uint64_t size, const std::string& file) {
    SKERRY_TRY(written(folder_->remove(file), file));
    BlockChecksum checksum;
    for (std::uint64_t at = 0; at < size; at += kBlockBytes) {
        const auto part = SKERRY_TRY(block(draft, size, at / kBlockBytes));
        if (!part) return damaged(draft);
        const StoredParts stored(at, *part, checksum);
        SKERRY_TRY(written(folder_->append(file, stored_at(at), stored.parts()), file));
    }
    return written(folder_->sync(file), file);
}

Result<> FileBlobStore::drop(const Digest& name) {
    const std::lock_guard alone(writing_);
    SKERRY_TRY(accepts_writes());
    SKERRY_TRY(written(folder_->remove(file_of(name, kDraft)), file_of(name, kDraft)));
    const std::lock_guard lock(mutex_);
    drafts_.erase(name);
    return {};
}

Result<> FileBlobStore::written(int failure, const std::string& file) {
    if (failure == 0) return {};
    const std::lock_guard lock(mutex_);
    refused_ = failed("writing", file, failure);
    return refused_;
}

Result<> FileBlobStore::accepts_writes() const {
    const std::lock_guard lock(mutex_);
    return refused_;
}

tl::unexpected<Error> FileBlobStore::failed(const char* activity, const std::string& file, int failure) const {
    const bool full = failure == ENOSPC || failure == EDQUOT;
    if (full) return fail(ErrorCode::Unavailable, path_.string() + ": the disk is full: free space there and restart");
    return fail(ErrorCode::Unavailable, std::string(activity) + " " + (path_ / file).string() + ": " +
                                            std::generic_category().message(failure) +
                                            ": check the disk and that the folder belongs to this user, then restart");
}

tl::unexpected<Error> FileBlobStore::damaged(const std::string& file) const {
    return fail(ErrorCode::Unavailable, (path_ / file).string() + " is damaged: restore it from a backup");
}

}  // namespace skerry::storage
