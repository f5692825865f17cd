#pragma once

namespace skerry::simulation {

/// One handler for each alternative of a variant.
template <class... Handlers>
struct Overload : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overload(Handlers...) -> Overload<Handlers...>;

}  // namespace skerry::simulation
