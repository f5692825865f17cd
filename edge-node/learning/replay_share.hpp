#pragma once

#include <cstddef>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::node {

/// How many remembered rows a mini-step has for each that the configuration gives it: more while the model knows the
/// past worse than what comes now, because then it forgets; fewer while what comes now is the harder part.
///
/// A trigger compares its own errors with those among the validation rows, which are of all classes, by Welch's t
/// (1947): beyond 2 deviations the factor moves by a fifth, within [1/2, 2]; else it returns to 1 by a tenth.
class ReplayShare {
public:
    /// Both of the deepest exit, at the weights before the step. Fewer than 20 of either say nothing.
    void observe(const std::vector<bool>& errors_now, const std::vector<bool>& errors_of_past);
    /// In a changed world the past is no measure: 1.
    void begin_anew() { factor_ = 1; }

    [[nodiscard]] double factor() const { return factor_; }
    /// `rows` as configured; 0 stays 0.
    [[nodiscard]] std::size_t rows(std::size_t configured) const;
    /// The most that rows() may come to.
    [[nodiscard]] static std::size_t rows_max(std::size_t configured);

    void save(ByteWriter& to) const { to.put(factor_); }
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] Result<> load(ByteReader& from);

private:
    double factor_ = 1;
};

}  // namespace skerry::node
