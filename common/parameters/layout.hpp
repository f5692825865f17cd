#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/parameters/model_spec.hpp"

namespace skerry::parameters {

/// One named tensor inside the flat vector.
struct Block {
    std::string name;                ///< "normaliser.mean", "light.0.weight", "light.0.bias", "light.head.weight", …
    std::vector<std::size_t> shape;  ///< conv weight {out, in, kernel, kernel}; dense {out, in}; bias {out}
    std::size_t offset = 0;          ///< in floats
    std::size_t count = 0;           ///< the product of the shape
    Tier tier = Tier::Light;         ///< the lightest tier that needs it
};

/// Where each tensor of a model lies in its one flat float32 vector:
///
///     normaliser.mean [C] | normaliser.square [C] | light stage, head | medium stage, head | heavy stage, head
///
/// so light is a prefix of medium and medium of heavy: "which tier" is a length. The normaliser's statistics are the
/// running first and second moments (E[x], E[x²]) of each channel of the scaled input; being in the vector they are
/// averaged, versioned, hashed and rolled back like weights. Immutable.
class ParameterLayout {
public:
    /// InvalidInput: the spec has problems(), or needs more than limits::kParametersMax values.
    [[nodiscard]] static Result<ParameterLayout> of(const ModelSpec& spec);

    [[nodiscard]] std::span<const Block> blocks() const { return blocks_; }
    /// NotFound-free lookup for code that knows its names: asserts that the block exists.
    [[nodiscard]] const Block& block(std::string_view name) const;
    /// Values in the vector of a node that holds `tier`.
    [[nodiscard]] std::size_t prefix(Tier tier) const { return prefix_[static_cast<std::size_t>(tier)]; }
    [[nodiscard]] std::size_t size() const { return prefix_.back(); }
    /// Values before the first trained weight: 2·channels.
    [[nodiscard]] std::size_t statistics() const { return statistics_; }
    /// The tier whose prefix is exactly `count` long. InvalidInput: none.
    [[nodiscard]] Result<Tier> tier_of_prefix(std::size_t count) const;

private:
    std::vector<Block> blocks_;
    std::array<std::size_t, kTiers> prefix_{};
    std::size_t statistics_ = 0;
};

/// The weights that a federation starts from: He-uniform from the seed, zero biases, moments of a standard normal.
/// The same bytes on every machine.
[[nodiscard]] std::vector<float> initial_parameters(const ModelSpec& spec, const ParameterLayout& layout,
                                                    std::uint64_t seed);

}  // namespace skerry::parameters
