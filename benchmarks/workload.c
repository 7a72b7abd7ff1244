/* W in plain C: columns of bytes, one loop over the households, as an ECS or Agents.jl model has it.
 *
 * A household draws u; below the chance of its kind and place it weighs all places and takes one. Products and sums
 * are in the order of benchmarks/workload.py. With `thinning` and `choices` the numbers are those given (for tests),
 * without them they come from xoshiro256+ (Blackman and Vigna 2021), one generator for all.
 */
#include <stdint.h>

enum { PLACES = 29, TOWNS = 15, KINDS = 16, REGISTERED = 128 };
#define REGISTRATION 0.002

static uint64_t mix(uint64_t z) {
    z += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static double uniform(uint64_t s[4]) {
    const uint64_t sum = s[0] + s[3], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return (double)(sum >> 11) * 0x1.0p-53;
}

static int choose(int64_t i, const double *offer, const double *peers, const double *near, const double *taste,
                  uint64_t seed, double number) {
    const uint64_t key = (uint64_t)i * 2 + (seed << 40);
    const uint64_t low = mix(key), high = mix(key + 1);
    double total[PLACES], sum = 0.0;
    for (int d = 0; d < PLACES; d++) {
        const uint64_t digits = d < 16 ? low >> (4 * d) : high >> (4 * (d - 16));
        sum += offer[d] * peers[d] * near[d] * taste[digits & 15];
        total[d] = sum;
    }
    const double bound = number * sum;
    int to = 0;
    for (int d = 0; d < PLACES - 1; d++) to += total[d] <= bound;
    return to;
}

void w_step(int64_t n, const uint8_t *origin, uint8_t *place, uint8_t *kind, const double *chance, const double *offer,
            const double *peers, const double *near, const double *taste, uint64_t seed, const double *thinning,
            const double *choices, uint64_t rng[4], int64_t *network) {
    for (int64_t i = 0; i < n; i++) {
        const double u = thinning ? thinning[i] : uniform(rng);
        const int k = kind[i] & (KINDS - 1), at = place[i], from = origin[i];
        if (u < chance[k * PLACES + at]) {
            const double number = choices ? choices[i] : uniform(rng);
            const int to = choose(i, offer + k * PLACES, peers + from * PLACES, near + at * PLACES, taste, seed, number);
            if (to != at) {
                place[i] = (uint8_t)to;
                kind[i] = (uint8_t)(k | (to == from ? REGISTERED : 0));
                network[from * PLACES + at]--;
                network[from * PLACES + to]++;
            }
        } else if (u > 1.0 - REGISTRATION && at >= PLACES - TOWNS) {
            kind[i] |= REGISTERED;
        }
    }
}
