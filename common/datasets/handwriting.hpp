#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"
#include "common/datasets/glyphs.hpp"

namespace skerry::datasets {

/// How one person writes.
struct Hand {
    std::array<std::size_t, 10> glyph{};  ///< which of glyphs_of(digit) they use
    double slant = 0;                     ///< x per y
    double turn = 0;                      ///< tangent of half the angle
    double thickness = 0.08;              ///< of the pen, in glyph heights
    double size = 0.7;                    ///< glyph height in image heights
    double ratio = 0.8;                   ///< glyph width in glyph heights
    double shake = 0.02;                  ///< how far a point lands from where it was meant to
    std::uint64_t habit = 0;              ///< seed of this person's own deviations from the glyphs
};

/// The hand of writer `number`: the same for every seed of a stream.
[[nodiscard]] Hand hand_of(std::uint64_t number);

/// One digit in this hand, with the variation of one sample: rows of `side`×`side` grey values, ink 255 on 0.
/// About 0.1 ms at 28×28. Additions, products and roots only, so the same bytes everywhere.
[[nodiscard]] Bytes drawn(std::size_t digit, const Hand& hand, std::size_t side, Random& random);

}  // namespace skerry::datasets
