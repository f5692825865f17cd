#include "common/wire/update_header.hpp"

#include <algorithm>
#include <string>

#include "common/base/limits.hpp"

namespace skerry::wire {

namespace {

constexpr std::string_view kInfoDomain = "skerry/update/1";
constexpr std::string_view kHeaderMagic = "SKU1";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kSuite = 1;
constexpr std::uint16_t kAuditsFlag = 1;
constexpr std::uint16_t kErrorCountsFlag = 2;
constexpr std::uint16_t kSoftLabelsFlag = 4;
constexpr std::uint16_t kZstdFlag = 8;

tl::unexpected<Error> refused_header(std::string_view what) {
    return fail(ErrorCode::InvalidInput, "the update's header " + std::string(what));
}

}  // namespace

UpdateHeader UpdateHeader::under(const Lease& lease, Sequence sequence, std::uint32_t examples) {
    UpdateHeader header;
    header.federation = lease.federation;
    header.update = {lease.node, sequence};
    header.lease = lease.id;
    header.base = lease.base;
    header.model = lease.model;
    header.tier = lease.tier;
    header.examples = examples;
    return header;
}

Bytes write_header(const UpdateHeader& header) {
    ByteWriter out;
    out.put(bytes_of(kHeaderMagic)).put(kVersion).put(kSuite);
    out.put(ByteView(header.federation.value))
        .put(ByteView(header.update.node.value))
        .put(header.update.sequence.value);
    out.put(ByteView(header.lease.value)).put(header.base.value).put(ByteView(header.model));
    out.put(static_cast<std::uint8_t>(header.tier)).put(static_cast<std::uint8_t>(header.form.encoding));
    const int flags = (header.audits ? kAuditsFlag : 0) | (header.error_counts ? kErrorCountsFlag : 0) |
                      (header.soft_label_classes > 0 ? kSoftLabelsFlag : 0) | (header.form.zstd ? kZstdFlag : 0);
    out.put(static_cast<std::uint16_t>(flags)).put(header.examples);
    out.put(header.plain_bytes).put(static_cast<std::uint32_t>(limits::kChunkBytes)).put(ByteView(header.encapsulated));
    out.put(header.soft_label_classes).put(header.form.values).put(header.form.exact);
    Bytes bytes = std::move(out).take();
    bytes.resize(kUpdateHeaderBytes);
    return bytes;
}

Result<UpdateHeader> read_header(ByteView bytes) {
    if (bytes.size() != kUpdateHeaderBytes)
        return refused_header("has " + std::to_string(bytes.size()) + " bytes, must have 256");
    ByteReader in(bytes);
    UpdateHeader header;
    if (text_of(in.get_bytes(kHeaderMagic.size())) != kHeaderMagic) return refused_header("does not begin with SKU1");
    if (in.get<std::uint16_t>() != kVersion) return refused_header("has an unknown version");
    if (in.get<std::uint16_t>() != kSuite) return refused_header("names an unknown suite of ciphers");
    header.federation.value = in.get_array<16>();
    header.update.node.value = in.get_array<16>();
    header.update.sequence.value = in.get<std::uint64_t>();
    header.lease.value = in.get_array<16>();
    header.base.value = in.get<std::uint64_t>();
    header.model = in.get_array<32>();
    const auto tier = in.get<std::uint8_t>();
    if (tier >= kTiers) return refused_header("names an unknown tier");
    header.tier = static_cast<Tier>(tier);
    const auto encoding = in.get<std::uint8_t>();
    if (encoding > static_cast<std::uint8_t>(kLastDeltaEncoding)) {
        return refused_header(
            "names an unknown encoding: the node is newer than this coordinator, which must be upgraded");
    }
    header.form.encoding = static_cast<DeltaEncoding>(encoding);
    const auto flags = in.get<std::uint16_t>();
    if (flags > (kAuditsFlag | kErrorCountsFlag | kSoftLabelsFlag | kZstdFlag)) {
        return refused_header(
            "has unknown flags: the node is newer than this coordinator, which must be upgraded first");
    }
    header.audits = (flags & kAuditsFlag) != 0;
    header.error_counts = (flags & kErrorCountsFlag) != 0;
    header.examples = in.get<std::uint32_t>();
    header.plain_bytes = in.get<std::uint64_t>();
    const auto chunk_bytes = in.get<std::uint32_t>();
    header.encapsulated = in.get_array<32>();
    header.soft_label_classes = in.get<std::uint16_t>();
    header.form.values = in.get<std::uint32_t>();
    header.form.exact = in.get<std::uint32_t>();
    const bool sized = header.form.encoding != DeltaEncoding::Float32;
    header.form.zstd = (flags & kZstdFlag) != 0;
    if (header.form.zstd && !sized) return refused_header("packs float32, which no such update does");
    if (header.form.values > (sized ? limits::kParametersMax : 0) || header.form.exact > header.form.values) {
        return refused_header("announces " + std::to_string(header.form.values) + " values, " +
                              std::to_string(header.form.exact) + " of them exact, which no such update has");
    }
    const bool has_soft_labels = (flags & kSoftLabelsFlag) != 0;
    if (has_soft_labels != (header.soft_label_classes > 0) || header.soft_label_classes > SoftLabels::kClassesMax) {
        return refused_header("has soft labels of " + std::to_string(header.soft_label_classes) + " classes");
    }
    if (header.plain_bytes < body_size(0, 0, header) ||
        header.plain_bytes > body_size(limits::kParametersMax, limits::kReportClassPairsMax, header)) {
        return refused_header("announces a body of " + std::to_string(header.plain_bytes) +
                              " bytes, which no update has");
    }
    if (chunk_bytes != limits::kChunkBytes) return refused_header("announces chunks of another size than 1 MiB");
    const ByteView padding = in.get_bytes(in.remaining());
    if (std::any_of(padding.begin(), padding.end(), [](std::byte byte) { return byte != std::byte{0}; })) {
        return refused_header("does not end in zeros");
    }
    return header;
}

std::uint64_t chunks_of(std::uint64_t plain_bytes) {
    return std::max<std::uint64_t>(1, (plain_bytes + limits::kChunkBytes - 1) / limits::kChunkBytes);
}

Bytes hpke_info(const UpdateHeader& header) {
    ByteWriter info;
    info.put(bytes_of(kInfoDomain)).put(ByteView(header.federation.value)).put(ByteView(header.update.node.value));
    return std::move(info).take();
}

Bytes chunk_aad(const Digest& header, std::uint32_t index, bool last) {
    ByteWriter aad;
    aad.put(ByteView(header)).put(index).put(static_cast<std::uint8_t>(last));
    return std::move(aad).take();
}

bool is_sound(const ClassPairCount& pair) {
    return pair.truth < limits::kClassesMax && pair.predicted < limits::kClassesMax;
}

}  // namespace skerry::wire
