#pragma once

#include <deque>

namespace skerry::coordinator {

/// Where values lie, and how far apart, whatever a minority of them is.
struct Spread {
    double median = 0;     ///< of an even number: the mean of the two in the middle
    double deviation = 0;  ///< 1.4826·MAD: of a normal distribution its standard deviation
};
/// Not of an empty list.
[[nodiscard]] Spread spread_of(std::deque<double> values);

}  // namespace skerry::coordinator
