#include "coordinator/models/encoded_version.hpp"

#include <utility>

#include "common/crypto/hash.hpp"
#include "common/parameters/precision/encoding.hpp"

namespace skerry::coordinator {

EncodedVersion encode_version(const parameters::ParameterLayout& layout, const Digest& digest,
                              std::span<const float> weights, WeightEncoding encoding) {
    const auto plan = parameters::plan_named(name_of(encoding), layout.blocks());
    SKERRY_ASSERT(plan.has_value());  // the names of encodings are names of plans
    parameters::Encoded encoded = parameters::encode(layout.blocks(), *plan, weights);
    EncodedVersion version;
    version.what.weights = digest;
    version.what.encoding = encoding;
    version.what.bytes = encoded.prefix_bytes;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        version.what.digests[tier] =
            crypto::sha256(ByteView(encoded.bytes).first(static_cast<std::size_t>(encoded.prefix_bytes[tier])));
        version.what.errors[tier] = encoded.errors[tier].relative;
    }
    version.bytes = std::move(encoded.bytes);
    return version;
}

}  // namespace skerry::coordinator
