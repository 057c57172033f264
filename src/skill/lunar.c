#include "skill/lunar.h"

#include <math.h>

#include "skill/civil.h"

#define RAD     (M_PI / 180)
#define BEIJING (8.0 / 24)
#define DELTA_T (70.0 / 86400) /* of the years around 2020; some seconds more or less do not matter */

static int64_t day_of_jde(double jde)
{
    return (int64_t)floor(jde - DELTA_T + BEIJING + 0.5) - 2440588;
}

/* Meeus 49.1–49.4, with the terms that are larger than some seconds. k: lunations since 2000-01-06. */
static double new_moon(double k)
{
    double t = k / 1236.85, t2 = t * t;
    double jde = 2451550.09766 + 29.530588861 * k + 0.00015437 * t2 - 0.00000015 * t2 * t;
    double e = 1 - 0.002516 * t - 0.0000074 * t2;
    double m = (2.5534 + 29.1053567 * k - 0.0000014 * t2) * RAD, mm = (201.5643 + 385.81693528 * k + 0.0107582 * t2) * RAD;
    double f = (160.7108 + 390.67050284 * k - 0.0016118 * t2) * RAD, o = (124.7746 - 1.56375588 * k + 0.0020672 * t2) * RAD;
    double c = -0.4072 * sin(mm) + 0.17241 * e * sin(m) + 0.01608 * sin(2 * mm) + 0.01039 * sin(2 * f) + 0.00739 * e * sin(mm - m) -
               0.00514 * e * sin(mm + m) + 0.00208 * e * e * sin(2 * m) - 0.00111 * sin(mm - 2 * f) - 0.00057 * sin(mm + 2 * f) +
               0.00056 * e * sin(2 * mm + m) - 0.00042 * sin(3 * mm) + 0.00042 * e * sin(m + 2 * f) + 0.00038 * e * sin(m - 2 * f) -
               0.00024 * e * sin(2 * mm - m) - 0.00017 * sin(o) - 0.00007 * sin(mm + 2 * m) + 0.00004 * sin(2 * mm - 2 * f) +
               0.00004 * sin(3 * m) + 0.00003 * sin(mm + m - 2 * f) + 0.00003 * sin(2 * mm + 2 * f) - 0.00003 * sin(mm + m + 2 * f) +
               0.00003 * sin(mm - m + 2 * f) - 0.00002 * sin(mm - m - 2 * f) - 0.00002 * sin(3 * mm + m) + 0.00002 * sin(4 * mm);
    double planets = 0.000325 * sin((299.77 + 0.107408 * k - 0.009173 * t2) * RAD) + 0.000165 * sin((251.88 + 0.016321 * k) * RAD) +
                     0.000164 * sin((251.83 + 26.651886 * k) * RAD) + 0.000126 * sin((349.42 + 36.412478 * k) * RAD) +
                     0.00011 * sin((84.66 + 18.206239 * k) * RAD) + 0.000062 * sin((141.74 + 53.303771 * k) * RAD) +
                     0.00006 * sin((207.14 + 2.453732 * k) * RAD) + 0.000056 * sin((154.84 + 7.30686 * k) * RAD);
    return jde + c + planets;
}

/* Apparent longitude in degrees, chapter 25: 0.01 degree, a quarter of an hour. */
static double sun_longitude(double jde)
{
    double t = (jde - 2451545) / 36525, m = (357.52911 + 35999.05029 * t - 0.0001537 * t * t) * RAD;
    double c = (1.914602 - 0.004817 * t) * sin(m) + (0.019993 - 0.000101 * t) * sin(2 * m) + 0.000289 * sin(3 * m);
    double l = 280.46646 + 36000.76983 * t + 0.0003032 * t * t + c - 0.00569 - 0.00478 * sin((125.04 - 1934.136 * t) * RAD);
    return l - 360 * floor(l / 360);
}

static double term_jde(int year, int degrees)
{
    double jde = 2451545 + 365.2422 * (year - 2000) + (degrees < 280 ? degrees + 80 : degrees - 280) * 365.2422 / 360;
    for (int i = 0; i < 8; i++) {
        double off = degrees - sun_longitude(jde);
        off -= 360 * floor((off + 180) / 360);
        jde += off * 365.2422 / 360;
    }
    return jde;
}

int64_t solar_term(int year, int degrees)
{
    return day_of_jde(term_jde(year, degrees));
}

static int64_t moon_day(int k)
{
    return day_of_jde(new_moon(k));
}

/* The last lunation that begins on `day` or before. */
static int lunation_at(int64_t day)
{
    int k = (int)floor((double)(day - 10962) / 29.530588861) + 1;
    while (moon_day(k) > day)
        k--;
    return k;
}

/* No sign of the sun (a multiple of 30 degrees) is entered in it. */
static bool without_sign(int k)
{
    double begin = (double)moon_day(k), end = (double)moon_day(k + 1); /* midnights in China */
    double a = sun_longitude(begin + 2440587.5 - BEIJING + DELTA_T), b = sun_longitude(end + 2440587.5 - BEIJING + DELTA_T);
    return (int)(a / 30) == (int)(b / 30);
}

/* Months of the sui from the solstice of year - 1 to that of year: number and leap of lunation `k`. */
static void month_number(int year, int k, int *ret_month, bool *ret_leap)
{
    int first = lunation_at(solar_term(year - 1, 270)), last = lunation_at(solar_term(year, 270));
    bool has_leap = last - first == 13, seen = false;
    int n = 11;
    *ret_leap = false;
    for (int i = first + 1; i <= k; i++) {
        bool leap = has_leap && !seen && without_sign(i);
        seen |= leap;
        n += !leap;
        *ret_leap = leap;
    }
    *ret_month = (n - 1) % 12 + 1;
}

bool lunar_of_day(int64_t day, struct lunar *ret)
{
    int year = civil_of_days(day).year;
    if (year < 1900 || year > 2100)
        return false;
    int k = lunation_at(day), month;
    bool leap;
    int sui = k >= lunation_at(solar_term(year, 270)) ? year + 1 : year;
    month_number(sui, k, &month, &leap);
    *ret = (struct lunar){sui - (month >= 11 && k < lunation_at(solar_term(sui - 1, 270)) + 3), month, (int)(day - moon_day(k)) + 1, leap};
    return true;
}

bool lunar_day(int year, int month, int day, int64_t *ret)
{
    if (year < 1900 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 30)
        return false;
    /* Months 11 and 12 belong to the sui that ends in the next year. */
    int sui = month >= 11 ? year + 1 : year, first = lunation_at(solar_term(sui - 1, 270));
    for (int k = first; k < first + 14; k++) {
        int m;
        bool leap;
        month_number(sui, k, &m, &leap);
        if (m != month || leap || (month >= 11 && k >= first + 3))
            continue;
        if (day > moon_day(k + 1) - moon_day(k))
            return false;
        *ret = moon_day(k) + day - 1;
        return true;
    }
    return false;
}
