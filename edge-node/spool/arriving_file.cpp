#include "edge-node/spool/arriving_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::node {
namespace {

constexpr std::string_view kMagic = "SKARRIV1";
constexpr std::size_t kHeadBytesMax = 4096;
constexpr std::uint64_t kFlushEvery = 16ULL << 20U;

// magic | u32 length, body | SHA-256 of the body
Bytes head_of(const Announced& version) {
    ByteWriter body;
    body.put(version.manifest.version.value);
    body.put(ByteView(version.signed_manifest.signature)).put_sized(version.signed_manifest.body);
    body.put(version.counted.value).put(static_cast<std::uint8_t>(version.as.encoding)).put(version.as.error);
    body.put(version.bytes).put(ByteView(version.digest));
    if (const auto& difference = version.difference) {
        body.put(difference->base.value).put(ByteView(difference->base_weights)).put(difference->bytes);
        body.put(ByteView(difference->digest)).put(ByteView(difference->values));
    }
    ByteWriter head;
    head.put(bytes_of(kMagic)).put_sized(body.bytes()).put(ByteView(crypto::sha256(body.bytes())));
    return std::move(head).take();
}

/// Advances `head` past it.
std::optional<Announced> announced_in(ByteReader& head) {
    if (text_of(head.get_bytes(kMagic.size())) != kMagic) return {};
    const ByteView body = head.get_sized(kHeadBytesMax);
    if (head.get_array<32>() != crypto::sha256(body) || !head.ok()) return {};
    ByteReader from(body);
    Announced version;
    version.manifest.version.value = from.get<std::uint64_t>();
    version.signed_manifest.signature = from.get_array<64>();
    version.signed_manifest.body = copy_of(from.get_sized(kHeadBytesMax));
    version.counted.value = from.get<std::uint64_t>();
    const auto encoding = from.get<std::uint8_t>();
    version.as = {static_cast<WeightEncoding>(encoding), from.get<float>()};
    version.bytes = from.get<std::uint64_t>();
    version.digest = from.get_array<32>();
    if (from.remaining() > 0) {
        AnnouncedDifference& difference = version.difference.emplace();
        difference.base.value = from.get<std::uint64_t>();
        difference.base_weights = from.get_array<32>();
        difference.bytes = from.get<std::uint64_t>();
        difference.digest = from.get_array<32>();
        difference.values = from.get_array<32>();
    }
    const bool sound = from.finished() && encoding < kWeightEncodings && version.fetched_bytes() > 0;
    return sound ? std::optional(std::move(version)) : std::nullopt;
}

bool read_all(int file, std::span<std::byte> bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t got = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

}  // namespace

std::optional<ArrivingVersion> ArrivingFile::open() {
    file_.emplace(::open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts {};
    if (file_->number() < 0 || ::fstat(file_->number(), &facts) != 0) return {};
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    Bytes start(static_cast<std::size_t>(std::min<std::uint64_t>(size, 2 * kHeadBytesMax)));
    if (!read_all(file_->number(), start, 0)) return {};
    ByteReader reader(start);
    auto what = announced_in(reader);
    if (!what) return {};
    head_ = start.size() - reader.remaining();
    // Whole chunks, for they are what is asked for; of the last one the end.
    const std::uint64_t whole = what->fetched_bytes();
    const std::uint64_t there = std::min(size - head_, whole);
    const std::uint64_t kept = there == whole ? whole : there / limits::kChunkBytes * limits::kChunkBytes;
    written_ = flushed_ = head_ + kept;
    if (::ftruncate(file_->number(), static_cast<off_t>(written_)) != 0) return {};
    const auto chunks = static_cast<std::uint32_t>((kept + limits::kChunkBytes - 1) / limits::kChunkBytes);
    return ArrivingVersion{*std::move(what), chunks};
}

bool ArrivingFile::begin(const Announced& version) {
    file_.reset();
    tail_ = head_of(version);
    head_ = tail_.size();
    written_ = flushed_ = 0;
    return write_tail();
}

bool ArrivingFile::append(ByteView bytes) {
    tail_.insert(tail_.end(), bytes.begin(), bytes.end());
    return write_tail();
}

bool ArrivingFile::write_tail() {
    if (!file_ || file_->number() < 0) {
        file_.emplace(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (file_->number() < 0) return false;
    }
    ByteView rest = tail_;
    while (!rest.empty()) {
        const ssize_t done = ::pwrite(file_->number(), rest.data(), rest.size(), static_cast<off_t>(written_));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) break;
        written_ += static_cast<std::uint64_t>(done);
        rest = rest.subspan(static_cast<std::size_t>(done));
    }
    tail_.erase(tail_.begin(), tail_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    if (tail_.empty()) tail_ = {};
    if (written_ - flushed_ >= kFlushEvery && ::fdatasync(file_->number()) == 0) flushed_ = written_;
    return tail_.empty();
}

Result<Bytes> ArrivingFile::bytes() const {
    Bytes all(static_cast<std::size_t>(written_ + tail_.size() - head_));
    const std::uint64_t on_disk = std::max(written_, head_) - head_;
    if (on_disk > 0 && !read_all(file_->number(), std::span(all).first(static_cast<std::size_t>(on_disk)), head_)) {
        return fail(ErrorCode::Unavailable,
                    "reading " + path_.string() + ": " + std::generic_category().message(errno));
    }
    std::copy_n(tail_.rbegin(), all.size() - on_disk, all.rbegin());
    return all;
}

void ArrivingFile::remove() {
    file_.reset();
    tail_ = {};
    head_ = written_ = flushed_ = 0;
    static_cast<void>(::unlink(path_.c_str()));
}

}  // namespace skerry::node
