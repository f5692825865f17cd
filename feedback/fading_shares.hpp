#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/base/ids.hpp"

namespace skerry::feedback {

/// Accuracy, of all answers and of each tier's, and kappa over labels that fade: each counts α = 0.998 times what the
/// next one does, so that the last five hundred make most of it and no window has an edge. Gama, Sebastião, Rodrigues
/// 2013, "On evaluating stream learning algorithms". All are 0 before the first label. Not thread-safe.
class FadingShares {
public:
    static constexpr double kFading = 0.998;

    /// `classes` at least 1; labels and predictions are below it.
    explicit FadingShares(std::size_t classes);

    void add(Tier tier, std::uint32_t predicted, std::uint32_t truth);

    [[nodiscard]] double accuracy() const;
    [[nodiscard]] double kappa() const;
    [[nodiscard]] double accuracy_of(Tier tier) const;

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote for as many classes.
    [[nodiscard]] Result<> load(ByteReader& from);

private:
    struct Counts {
        double labelled = 0;
        double correct = 0;
    };
    template <class Self, class Each>
    static void each_number(Self& self, Each each);

    Counts all_;
    std::array<Counts, kTiers> tiers_{};
    std::vector<double> seen_;       ///< labels by class
    std::vector<double> predicted_;  ///< answers by class
};

}  // namespace skerry::feedback
