#include "common/parameters/precision/encoding.hpp"

#include <algorithm>
#include <cmath>

#include "common/parameters/precision/tensor_codec.hpp"

namespace skerry::parameters {
namespace {

/// Gathers the error of one tensor after the other.
class ErrorSum {
public:
    void add(std::span<const float> values, std::span<const float> decoded) {
        double most = 0;
        float largest = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double apart = std::abs(static_cast<double>(values[i]) - static_cast<double>(decoded[i]));
            most = std::max(most, apart);
            largest = std::max(largest, std::abs(values[i]));
            squares_ += apart * apart;
        }
        most_ = std::max(most_, most);
        if (most > 0) relative_ = std::max(relative_, most / static_cast<double>(largest));
        count_ += values.size();
    }
    [[nodiscard]] EncodingError error() const {
        if (count_ == 0) return {};
        return {static_cast<float>(most_), static_cast<float>(std::sqrt(squares_ / static_cast<double>(count_))),
                static_cast<float>(relative_)};
    }

private:
    double most_ = 0;
    double relative_ = 0;
    double squares_ = 0;
    std::size_t count_ = 0;
};

}  // namespace

std::span<const Block> held_blocks(std::span<const Block> blocks, Tier tier) {
    const auto beyond = std::find_if(blocks.begin(), blocks.end(), [tier](const Block& b) { return b.tier > tier; });
    return blocks.first(static_cast<std::size_t>(beyond - blocks.begin()));
}

std::uint64_t encoded_bytes(std::span<const Block> blocks, const PrecisionPlan& plan) {
    SKERRY_ASSERT(plan.size() >= blocks.size());
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        bytes += encoded_bytes(blocks[i], plan[i]);
    return bytes;
}

Encoded encode(std::span<const Block> blocks, const PrecisionPlan& plan, std::span<const float> values) {
    Encoded encoded;
    encoded.bytes.resize(encoded_bytes(blocks, plan));
    std::vector<float> decoded;
    ErrorSum sum;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const Block& block = blocks[i];
        const auto tensor = values.subspan(block.offset, block.count);
        const auto bytes = std::span(encoded.bytes).subspan(offset, encoded_bytes(block, plan[i]));
        encode_tensor(block, plan[i], tensor, bytes);
        decoded.resize(block.count);
        SKERRY_ASSERT(decode_tensor(block, plan[i], bytes, decoded).has_value());
        sum.add(tensor, decoded);
        offset += bytes.size();
        for (auto tier = static_cast<std::size_t>(block.tier); tier < kTiers; ++tier) {
            encoded.prefix_bytes[tier] = offset;
            encoded.errors[tier] = sum.error();
        }
    }
    return encoded;
}

Result<std::vector<float>> decode(std::span<const Block> blocks, const PrecisionPlan& plan, ByteView bytes) {
    const std::uint64_t expected = encoded_bytes(blocks, plan);
    if (bytes.size() != expected) {
        return fail(ErrorCode::InvalidInput, "the weights have " + std::to_string(bytes.size()) + " bytes, as " +
                                                 to_text(plan, blocks) + " they must have " + std::to_string(expected));
    }
    std::vector<float> values(blocks.empty() ? 0 : blocks.back().offset + blocks.back().count);
    std::size_t offset = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const ByteView tensor = bytes.subspan(offset, encoded_bytes(blocks[i], plan[i]));
        SKERRY_TRY(
            decode_tensor(blocks[i], plan[i], tensor, std::span(values).subspan(blocks[i].offset, blocks[i].count)));
        offset += tensor.size();
    }
    return values;
}

}  // namespace skerry::parameters
