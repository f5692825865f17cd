#include "edge-node/daemon/checkpoint.hpp"

#include <utility>

#include "common/base/limits.hpp"

namespace skerry::node {

namespace {

constexpr std::string_view kMagic = "SKCP";
constexpr std::uint32_t kFormat = 1;

}  // namespace

Bytes Checkpoint::head() const {
    return std::move(ByteWriter()
                         .put(bytes_of(kMagic))
                         .put(kFormat)
                         .put(version.global.value)
                         .put(version.local)
                         .put(totals.steps)
                         .put(totals.examples)
                         .put(totals.labelled)
                         .put(totals.errors)
                         .put(answered[0])
                         .put(answered[1])
                         .put(answered[2])
                         .put(learning_rate)
                         .put_sized(bytes_of(reason)))
        .take();
}

Result<Checkpoint> Checkpoint::from_bytes(ByteView bytes) {
    ByteReader reader(bytes);
    const ByteView magic = reader.get_bytes(kMagic.size());
    if (!reader.ok() || text_of(magic) != kMagic || reader.get<std::uint32_t>() != kFormat) {
        return fail(ErrorCode::VersionMismatch, "the learner's checkpoint is of another skerry-node");
    }
    Checkpoint checkpoint;
    checkpoint.version.global.value = reader.get<std::uint64_t>();
    checkpoint.version.local = reader.get<std::uint64_t>();
    checkpoint.totals.steps = reader.get<std::uint64_t>();
    checkpoint.totals.examples = reader.get<std::uint64_t>();
    checkpoint.totals.labelled = reader.get<std::uint64_t>();
    checkpoint.totals.errors = reader.get<std::uint64_t>();
    for (std::uint64_t& count : checkpoint.answered)
        count = reader.get<std::uint64_t>();
    checkpoint.learning_rate = reader.get<double>();
    checkpoint.reason = text_of(reader.get_sized(limits::kControlBytesMax));
    if (!reader.ok()) return fail(ErrorCode::VersionMismatch, "the learner's checkpoint is cut off");
    checkpoint.learner = copy_of(reader.get_bytes(reader.remaining()));
    return checkpoint;
}

}  // namespace skerry::node
