#include "coordinator/models/version_difference.hpp"

#include <utility>

#include "common/crypto/hash.hpp"
#include "common/parameters/precision/encoding.hpp"
#include "common/parameters/precision/tensor_codec.hpp"
#include "common/wire/difference_codec.hpp"

namespace skerry::coordinator {
namespace {

/// As a node reads them that pulled this encoding.
std::vector<float> as_read(const parameters::Block& block, Precision precision, std::vector<float> values) {
    if (precision == Precision::Float32) return values;
    Bytes encoded(parameters::encoded_bytes(block, precision));
    parameters::encode_tensor(block, precision, values, encoded);
    SKERRY_ASSERT(parameters::decode_tensor(block, precision, encoded, values).has_value());
    return values;
}

}  // namespace

Result<std::optional<VersionDifference>> difference_of(const TensorOf& base, const TensorOf& next,
                                                       const parameters::ParameterLayout& layout,
                                                       WeightEncoding encoding) {
    const auto blocks = layout.blocks();
    const auto plan = parameters::plan_named(name_of(encoding), blocks);
    SKERRY_ASSERT(plan.has_value());  // the names of encodings are names of plans
    const std::uint64_t whole = parameters::encoded_bytes(blocks, *plan);
    VersionDifference difference;
    difference.bytes.reserve(whole);  // most of it is never touched
    difference.what.encoding = encoding;
    std::array<crypto::Sha256, kTiers> values;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const parameters::Block& block = blocks[i];
        const std::vector<float> from = as_read(block, (*plan)[i], SKERRY_TRY(base(block)));
        const std::vector<float> to = as_read(block, (*plan)[i], SKERRY_TRY(next(block)));
        wire::put_difference(from, to, difference.bytes);
        if (difference.bytes.size() >= whole) return std::optional<VersionDifference>();
        for (auto tier = static_cast<std::size_t>(block.tier); tier < kTiers; ++tier) {
            values[tier].update(std::as_bytes(std::span(to)));
            difference.what.bytes[tier] = difference.bytes.size();
        }
    }
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const auto prefix = static_cast<std::size_t>(difference.what.bytes[tier]);
        difference.what.digests[tier] = crypto::sha256(ByteView(difference.bytes).first(prefix));
        difference.what.values[tier] = values[tier].finish();
    }
    return std::optional(std::move(difference));
}

}  // namespace skerry::coordinator
