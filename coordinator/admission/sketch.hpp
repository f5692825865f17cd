#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"
#include "common/base/sparse_values.hpp"
#include "coordinator/admission/gates.hpp"

/// Vectors of the model's length in little room.
namespace skerry::coordinator {

/// Which sketches can be compared. Not to be known outside: whoever knows it can write two vectors that look alike.
struct SketchKey {
    std::uint64_t value = 0;  ///< 0: nothing is sketched

    [[nodiscard]] static SketchKey drawn_from(const ByteArray<16>& random);
    explicit operator bool() const { return value != 0; }
};

/// Shape [kBuckets], or empty: there is none. Linear: the sketch of a sum is the sum of the sketches.
using Sketch = std::vector<float>;

/// Sums values into buckets with signs that the key draws, so that ⟨sketch(x), sketch(y)⟩ is ⟨x, y⟩ on the average and
/// strays by |x|·|y|/√kBuckets, 1.6 %. Charikar, Chen and Farach-Colton 2002, "Finding Frequent Items in Data Streams".
/// Cost: 0.2 ms for a million values. Not thread-safe.
class Sketcher {
public:
    static constexpr std::size_t kBuckets = 4096;

    explicit Sketcher(SketchKey key);

    /// The next values, in pieces of any length: the same sketch.
    void take(std::span<const float> values);
    /// All values from `from` on, before any other: the same sketch.
    void take(const SparseValues& values, std::size_t from);
    [[nodiscard]] const Sketch& sketch() const { return sums_; }

private:
    static constexpr std::size_t kSigns = 4096;

    void take_within_block(std::span<const float> values);
    void begin_block();

    Random blocks_;
    std::uint64_t taken_ = 0;
    std::size_t first_bucket_ = 0;   ///< where this block's first value goes
    const float* signs_of_block_{};  ///< in signs_
    float sign_of_block_ = 1;        ///< else two blocks of the same signs would add up
    std::vector<float> signs_;       ///< shape [kSigns + kBuckets]: ±1
    Sketch sums_;
};

/// Of the trained part of each tier's prefix. `weights`: shape [heavy].
[[nodiscard]] std::array<Sketch, kTiers> sketches_of(std::span<const float> weights, const ModelShape& model,
                                                     SketchKey key);

}  // namespace skerry::coordinator
