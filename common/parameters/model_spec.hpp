#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/base/ids.hpp"
#include "common/base/limits.hpp"
#include "common/parameters/front_ends/hashed_text.hpp"
#include "common/parameters/front_ends/log_mel.hpp"

namespace skerry::parameters {

inline constexpr std::size_t kKernelMax = 15;            ///< side of a convolution's kernel
inline constexpr std::size_t kMapValuesMax = 1U << 22U;  ///< values of one sample's map after any layer
inline constexpr std::size_t kClassNameBytesMax = 64;

enum class Modality { Image, Tabular, Text, Audio };
/// "image", "tabular", "text", "audio"
[[nodiscard]] std::string_view name_of(Modality modality);

/// How clients send a value, and how a sample is stored on a node. Utf8: a text, padded with zeros.
enum class DataType { UInt8, Float32, Utf8, Int16 };

struct InputSpec {
    /// What the network reads. Image: {channels, height, width}; tabular: {features}; with a front end, what it makes.
    std::vector<std::size_t> shape;
    DataType dtype = DataType::Float32;
    /// What stands between a stored sample and `shape`; none (image, tabular): scale and offset alone.
    std::variant<std::monostate, HashedText, LogMel> front_end;
    /// The declaration says by which rules the front end works. Where it does not, they are the first ones, and it
    /// keeps its spelling and identity: federations were signed without. A new one is given the name.
    bool front_end_is_named = true;
    /// What the network sees before the normaliser is clamp(x·scale + offset, ±limits::kScaledInputMax).
    /// One value for all, or one a channel (image) or feature (tabular).
    std::vector<float> scale = {1.0F};
    std::vector<float> offset = {0.0F};

    /// Of texts and of recordings: shape and dtype follow from the front end.
    [[nodiscard]] static InputSpec of(const HashedText& front_end);
    [[nodiscard]] static InputSpec of(const LogMel& front_end);

    [[nodiscard]] const HashedText* text() const { return std::get_if<HashedText>(&front_end); }
    [[nodiscard]] const LogMel* audio() const { return std::get_if<LogMel>(&front_end); }

    [[nodiscard]] std::size_t values() const;        ///< that the network reads: the product of the shape
    [[nodiscard]] std::size_t channels() const;      ///< shape[0]: what the normaliser keeps statistics of
    [[nodiscard]] std::size_t sample_bytes() const;  ///< of a stored sample, all alike

    bool operator==(const InputSpec&) const = default;
};

struct Layer {
    enum class Kind { Conv, Dense };
    Kind kind = Kind::Dense;
    std::size_t width = 0;   ///< output channels (Conv) or units (Dense); a ReLU follows each
    std::size_t kernel = 3;  ///< Conv only: odd, square, padded by kernel/2
    std::size_t stride = 1;  ///< Conv only: 1 or 2

    bool operator==(const Layer&) const = default;
};

/// A model as its operator declares it in model.toml: data, never code. Three nested exits: the stage of each tier
/// continues the map of the stage before it; after each stage a linear head reads the flattened map.
struct ModelSpec {
    std::string name;  ///< [a-z0-9-]{1,64}; the model's name in the inference API
    Modality modality = Modality::Tabular;
    InputSpec input;
    std::vector<std::string> classes;               ///< their index is the label; 2 … limits::kClassesMax, distinct
    std::array<std::vector<Layer>, kTiers> stages;  ///< light, medium, heavy; none empty

    bool operator==(const ModelSpec&) const = default;

    /// Everything wrong with this declaration, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// Reads model.toml. InvalidInput: not TOML, an unknown key, or any of problems(), all of them in one message.
[[nodiscard]] Result<ModelSpec> parse_model(std::string_view toml);

/// The one spelling of a declaration: TOML that parse_model reads back to an equal spec, the same bytes everywhere.
/// It is what a federation signs and what travels to nodes.
[[nodiscard]] std::string canonical_text(const ModelSpec& spec);

/// SHA-256 of canonical_text: the model's identity. Weights for another identity are refused.
[[nodiscard]] Digest identity_of(const ModelSpec& spec);

}  // namespace skerry::parameters
