#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.hpp"
#include "feedback/drift/page_hinkley.hpp"

namespace skerry::node {

/// Watches the error bits of each class's labels apart: a change that befalls one class in ten hardly moves the rate
/// of all. It tells people and the fleet and moves nothing of learning, which reacts to DriftMonitor.
///
/// Measured on 200,000 rows of one class at each steady error rate of 5, 10, 20, 30 and 50 %: one alarm in all. A rise
/// from 10 % is seen after 17 rows of the class (to 90 %), 40 (to 50 %) or 126 (to 30 %), by the median of a hundred.
class ClassDrift {
public:
    /// Classes beyond are not watched. Memory: 64 bytes a class.
    static constexpr std::size_t kClassesMax = 256;

    explicit ClassDrift(std::size_t classes);

    struct Alarm {
        std::uint32_t label = 0;
        double before = 0;  ///< error rate of the class, since it was last watched anew until the change
        double after = 0;   ///< and since then, where the change is taken to be
    };
    /// One trigger, in the order of prediction, labels below the number of classes. The alarms of the smallest rise
    /// come first; their classes are watched anew.
    [[nodiscard]] std::vector<Alarm> observe(std::span<const std::uint32_t> labels, const std::vector<bool>& errors);

    /// A section of its own, with a version: a checkpoint may end before it.
    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote. Of another number of classes: they are watched anew.
    [[nodiscard]] Result<> load(ByteReader& from);

private:
    struct Count {
        std::uint64_t rows = 0;
        std::uint64_t errors = 0;

        [[nodiscard]] double rate() const;
    };
    // The sum of the test is zero as long as nothing speaks for a rise, so the change lies where it last was.
    struct Watch {
        feedback::PageHinkley detector;
        Count before;  ///< until the sum was last zero
        Count since;
    };

    std::vector<Watch> watches_;
};

}  // namespace skerry::node
