#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"

namespace skerry::feedback {

/// One labelled sample, kept to be learned again or to judge what was learned.
struct Example {
    Bytes sample;  ///< as sent: dtype of the spec, row-major
    std::uint32_t label = 0;
    std::uint64_t trigger = 0;  ///< when it came: the learning trigger that brought it
    std::vector<float> logits;  ///< of the deepest exit at insertion, one a class; empty where nobody needs them
    bool rests = false;         ///< not drawn for now
};

/// A prediction whose row is never trained on: one in ten, by a hash of its order. Not of its request's id, which an
/// application may use again and again.
[[nodiscard]] bool is_for_validation(std::uint64_t order);

/// A bounded set of examples that keeps the classes level however skewed the stream is. Deterministic for its random
/// numbers. Not thread-safe. Memory: capacity × (sample + 4·classes) bytes.
///
/// History: each example of a class has had the same chance to stay, so the set mirrors all that came.
///          Chrysakis, Moens 2020, "Online Continual Learning from Imbalanced Data" (CBRS).
/// Newest:  the oldest of a largest class makes room, so the set follows what comes now.
class Reservoir {
public:
    enum class Keeps : std::uint8_t { History, Newest };

    Reservoir(Keeps keeps, std::size_t capacity, std::size_t classes);

    void offer(Example example, Random& random);
    /// Indices of `count` examples that do not rest, each at most once; of all of them where they are fewer.
    [[nodiscard]] std::vector<std::size_t> draw(std::size_t count, Random& random) const;

    [[nodiscard]] const std::vector<Example>& examples() const { return examples_; }
    /// Examples by class, shape [classes].
    [[nodiscard]] const std::vector<std::size_t>& held() const { return held_; }
    /// Of them, those that do not rest.
    [[nodiscard]] std::vector<std::size_t> awake() const;
    /// Which examples rest, shape [examples]; those that come do not.
    void rest(const std::vector<bool>& rests);
    void wake();
    /// Examples of class c are now of class names[c], a permutation; who changes does not rest. Logits go: they are by
    /// the old names.
    void rename(const std::vector<std::uint32_t>& names);
    /// Forgets these examples; `indices` ascending and below their number.
    void erase(const std::vector<std::size_t>& indices);
    /// Forgets those that rest, and says how many.
    std::size_t erase_resting();

    /// All but who rests.
    void save(ByteWriter& to) const;
    void save_resting(ByteWriter& to) const;
    /// How many bytes save() writes.
    [[nodiscard]] std::size_t saved_bytes() const;
    /// InvalidInput: not what save() wrote for these bounds; every sample must have `sample_bytes`.
    [[nodiscard]] static Result<Reservoir> load(ByteReader& from, Keeps keeps, std::size_t capacity,
                                                std::size_t classes, std::size_t sample_bytes);
    /// After load(). InvalidInput: not what save_resting() wrote, or of fewer examples.
    [[nodiscard]] Result<> load_resting(ByteReader& from);

private:
    [[nodiscard]] std::optional<std::size_t> place_for(std::uint32_t label, Random& random) const;

    Keeps keeps_;
    std::size_t capacity_;
    std::vector<Example> examples_;
    std::vector<std::size_t> held_;    ///< examples by class
    std::vector<std::uint64_t> seen_;  ///< offers by class
};

}  // namespace skerry::feedback
