#include "coordinator/models/version_difference.hpp"

#include <utility>

#include "common/crypto/hash.hpp"
#include "common/parameters/precision/encoding.hpp"
#include "common/parameters/precision/tensor_codec.hpp"
#include "common/wire/difference_codec.hpp"

namespace skerry::coordinator {
namespace {

/// As a node reads them that pulled this encoding; `room` holds what is not there already.
std::span<const float> as_read(const parameters::Block& block, Precision precision, const Tensor& tensor,
                               std::vector<float>& room) {
    if (precision == Precision::Float32) return tensor.values();
    Bytes encoded(parameters::encoded_bytes(block, precision));
    parameters::encode_tensor(block, precision, tensor.values(), encoded);
    room.resize(block.count);
    SKERRY_ASSERT(parameters::decode_tensor(block, precision, encoded, room).has_value());
    return room;
}

}  // namespace

Result<std::optional<VersionDifference>> difference_of(const TensorOf& base, const TensorOf& next,
                                                       const parameters::ParameterLayout& layout,
                                                       WeightEncoding encoding, const KnownDigests& digests) {
    const auto blocks = layout.blocks();
    const auto plan = parameters::plan_named(name_of(encoding), blocks);
    SKERRY_ASSERT(plan.has_value());  // the names of encodings are names of plans
    const std::uint64_t whole = parameters::encoded_bytes(blocks, *plan);
    VersionDifference difference;
    difference.bytes.reserve(whole);  // most of it is never touched
    difference.what.encoding = encoding;
    const bool known = digests && encoding == WeightEncoding::Float32;
    crypto::Sha256 values;
    auto tier = static_cast<std::size_t>(Tier::Light);
    const auto end_tier = [&] {
        difference.what.bytes[tier] = difference.bytes.size();
        difference.what.values[tier] = known ? (*digests)[tier] : values.so_far();
        ++tier;
    };
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const parameters::Block& block = blocks[i];
        while (tier < static_cast<std::size_t>(block.tier))
            end_tier();
        const Tensor before = SKERRY_TRY(base(block)), after = SKERRY_TRY(next(block));
        std::vector<float> before_read, after_read;
        const auto from = as_read(block, (*plan)[i], before, before_read);
        const auto to = as_read(block, (*plan)[i], after, after_read);
        wire::put_difference(from, to, difference.bytes);
        if (difference.bytes.size() >= whole) return std::optional<VersionDifference>();
        if (!known) values.update(std::as_bytes(to));
    }
    while (tier < kTiers)
        end_tier();
    for (std::size_t prefix = 0; prefix < kTiers; ++prefix) {
        const auto bytes = static_cast<std::size_t>(difference.what.bytes[prefix]);
        difference.what.digests[prefix] = crypto::sha256(ByteView(difference.bytes).first(bytes));
    }
    return std::optional(std::move(difference));
}

}  // namespace skerry::coordinator
