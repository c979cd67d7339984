// The clip: one printed body that snaps onto a bar and takes a sensor, a cap that closes it, and a sled that carries loose boards.
// Print axis is z: the bar lies along z, x is tangential, y points away from the bar. Everything is extruded along z, so
// there is nothing to support; what is cut in from the side ends in slopes of 45 degrees.
// The sensor's clip frame (docs/protocol.md, axis map): clip x = model z (along the bar, towards the cap), clip y = model x,
// clip z = model y (away from the bar).
// Sizes in mm. `python hardware/clips.py` builds every part; nothing here has been printed yet.

bar = 28;            // diameter: shaft 25, 28, 28.5, 29; sleeve 50
cargo = "xiao";      // xiao, m5sticks3, m5stickc_plus2, atoms3r
part = "body";       // body, cap, sled; for pictures: board, breakout, cell, switch, device, bar, strap
breakout = [25.4, 17.78]; // outline of the motion chip's board on the sled, along and across the bar
clearance = 0.4;     // bore diameter over bar diameter: knurl, paint and shrinkage
fit = 0.4;           // play of what is pushed in, both sides together

saddle = bar > 40 ? 3.2 : 2; // thickness of the snap arms, least thickness between bar and strap: long arms are soft
grip = 0.90;         // snap opening over bar diameter
wall = 2;
floor_t = 2;         // closed end
cap_t = cargo == "xiao" ? 2.4 : 3.2; // a heavy device is held by the cap's rim alone
plug = 3;            // how far the cap reaches in
strap_w = 21;        // 20 mm hook-and-loop, or two 4.8 mm zip ties
strap_h = 2.6;
tap = 2.1;           // M2.5 screws cut their own thread
screw = 2.9;
screw_depth = 10;
lanyard = 4.2;
mark = 0.6;          // depth of engraved lines
$fn = 72;

// What is carried: [width across, height away from the bar, length along the bar, corner radius].
device = cargo == "m5sticks3" ? [24, 15, 48, 3]
       : cargo == "m5stickc_plus2" ? [24, 13.5, 48, 3]
       : cargo == "atoms3r" ? [24, 24, 12.9 + 23.95, 2]
       : assert(cargo == "xiao", str("no such cargo: ", cargo)) undef;
loose = cargo == "xiao";

// Loose boards: the cell below, the sled in grooves above it, boards on the sled.
xiao = [21, 17.8];
board_t = 1.2;
usb_above_board = 1.6;     // middle of the connector over the top of its board
usb_overhang = 1.4;
cell = [36, 20, 5.6];      // Adafruit 2750
cell_room = 0.6;           // a pouch cell swells
switch_size = [8.6, 3.7, 3.6];
sled_t = 1.8;
rest_h = 1.4;              // the boards stand clear of the sled: solder joints
board_gap = 7.4;           // room to tie down what is soldered
bay = [cell[1] + 0.8, cell[2] + cell_room];
groove = [bay[0] + 1.8, sled_t + 0.3];
above = [bay[0] + 0.2, rest_h + board_t + 3.3 + 1.4]; // and foam under the roof
chip_y = 1.3 + 12.7;       // middle of the motion chip's board, from the closed end of the sled
sled_length = xiao[0] + board_gap + 25.4 + 1.3;

pocket_w = loose ? groove[0] : device[0] + fit;
pocket_h = loose ? bay[1] + groove[1] + above[1] : device[1] + fit;
pocket_l = (loose ? sled_length + plug : device[2]) + fit;

bore_r = (bar + clearance) / 2;
ring_r = bore_r + saddle;
half = pocket_w / 2 + wall;
// The arms start where the web lets go of them: the longer they are the less they strain.
web_half = min(half, ring_r * cos(40));
screw_x = web_half - tap / 2 - 2;
screw_y = sqrt(pow(bore_r + 2 + tap / 2, 2) - pow(screw_x, 2));
strap_y = max(ring_r, screw_y + tap / 2 + 1.6);
floor_y = strap_y + strap_h + 1.8;
top_y = floor_y + pocket_h + wall;
body_l = floor_t + pocket_l;
strap_z = body_l / 2;
arm_l = strap_z + strap_w / 2 + 2; // no longer than the strap asks: they must open by hand
open_angle = 2 * asin(grip * bar / 2 / bore_r);
arm_root = acos(web_half / ring_r);
arm_tip = 90 - open_angle / 2;
usb_y = floor_y + bay[1] + groove[1] + rest_h + board_t + usb_above_board;

// Read by clips.py: what the tests hold the mesh against.
echo(bore_r=bore_r, ring_r=ring_r, saddle=saddle, web_half=web_half, half=half, floor_y=floor_y, top_y=top_y, body_l=body_l,
    cap_t=cap_t, plug=plug, wall=wall, strap_y=strap_y, strap_h=strap_h, strap_w=strap_w, strap_z=strap_z, open_angle=open_angle, arm_root=arm_root,
    arm_tip=arm_tip, pocket_w=pocket_w, pocket_h=pocket_h, pocket_l=pocket_l, grip=grip, floor_t=floor_t, lanyard=lanyard, arm_l=arm_l, screw_x=screw_x, screw_y=screw_y, usb_y=usb_y, clearance=clearance);

module box2d(width, y0, y1, r=0) {
    translate([0, (y0 + y1) / 2]) offset(r) square([width - 2 * r, y1 - y0 - 2 * r], center=true);
}

module mouth2d(r) {
    a = open_angle / 2;
    polygon([[0, 0], [-r * tan(a), -r], [r * tan(a), -r]]);
}

module ring2d() {
    // Rounded tips: they lead the bar in.
    offset(saddle / 2 - 0.05) offset(-saddle / 2 + 0.05) difference() {
        circle(ring_r);
        circle(bore_r);
        mouth2d(2 * ring_r);
    }
}

module web2d() {
    polygon([[-web_half, 0], [web_half, 0], [web_half, strap_y], [half, max(floor_y, strap_y + half - web_half)], [half, floor_y + wall],
        [-half, floor_y + wall], [-half, max(floor_y, strap_y + half - web_half)], [-web_half, strap_y]]);
}

module outline2d() {
    difference() {
        union() {
            // Fillets at the roots of the arms.
            offset(-2.5) offset(2.5) union() {
                ring2d();
                intersection() {
                    web2d();
                    translate([-half, ring_r * sin(arm_root) - 0.01]) square([2 * half, 200]);
                }
            }
            box2d(2 * half, floor_y - 1.8, top_y, 2.5);
        }
        circle(bore_r);
    }
}

module pocket2d(play=0) {
    offset(-play) {
        if (loose) {
            y1 = floor_y + bay[1];
            box2d(bay[0], floor_y, y1 + 0.5);
            box2d(groove[0], y1, y1 + groove[1]);
            box2d(above[0], y1 + groove[1] - 0.5, floor_y + pocket_h);
        } else box2d(pocket_w, floor_y, floor_y + pocket_h, device[3]);
    }
}

// Cut from the side: a hole along `axis` that ends upwards (z) in a roof of 45 degrees.
module roofed(width, z0, z1, depth) {
    peak = min(width / 2, z1 - z0);
    rotate([90, 0, 0]) translate([0, 0, -depth / 2]) linear_extrude(depth)
        polygon([[-width / 2, z0], [width / 2, z0], [width / 2, z1 - peak], [0, z1], [-width / 2, z1 - peak]]);
}

// The same, but with a flat bridge of at most 8 mm at its top.
module window(width, z0, z1, depth, bridge=8) {
    b = min(bridge, width);
    s = (width - b) / 2;
    rotate([90, 0, 0]) translate([0, 0, -depth / 2]) linear_extrude(depth)
        polygon([[-width / 2, z0], [width / 2, z0], [width / 2, z1 - s], [b / 2, z1], [-b / 2, z1], [-width / 2, z1 - s]]);
}

// Engraved lines: a diamond drawn along a stroke has no face steeper than 45 degrees.
module stroke(a, b, d=mark) {
    hull() for (p = [a, b]) translate([0, p[0], p[1]]) polyhedron(
        [[d, 0, 0], [-d, 0, 0], [0, d, 0], [0, -d, 0], [0, 0, d], [0, 0, -d]],
        [[0, 4, 2], [2, 4, 1], [1, 4, 3], [3, 4, 0], [2, 5, 0], [1, 5, 2], [3, 5, 1], [0, 5, 3]]);
}
module strokes(lines, d=mark) for (l = lines) for (i = [0:len(l) - 2]) stroke(l[i], l[i + 1], d);

// Drawings on the flanks are given as [right, up] seen from outside with the bar level; `side` is 1 on the flank at +x.
function on_flank(lines, side, k=1, at=[0, 0]) = [for (l = lines) [for (p = l) [k * (p[1] + at[1]), -side * k * (p[0] + at[0])]]];
module arrows(k=1) {
    // An arrow to the cap (clip x) and one away from the bar (clip z).
    strokes(on_flank([[[0, 0], [-10, 0]], [[-8, -2], [-10, 0], [-8, 2]], [[0, 0], [0, 8]], [[-2, 6], [0, 8], [2, 6]]], 1, k));
    strokes(on_flank([[[-1.2, 0], [1.2, 3.6]], [[1.2, 0], [-1.2, 3.6]]], 1, k, [-5.5, -5.4]));
    strokes(on_flank([[[-1.2, 3.6], [1.2, 3.6], [-1.2, 0], [1.2, 0]]], 1, k, [-4.2, 3.4]));
}

digits = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"];
segments = [["a", [0, 4], [2, 4]], ["b", [2, 2], [2, 4]], ["c", [2, 0], [2, 2]], ["d", [0, 0], [2, 0]], ["e", [0, 0], [0, 2]],
    ["f", [0, 2], [0, 4]], ["g", [0, 2], [2, 2]]];
module number(text, k, i=0, at=0) {
    if (i < len(text)) {
        point = text[i] == ".";
        if (point) strokes(on_flank([[[at, 0], [at, 0.3]]], -1, k), 0.4);
        else for (l = segments) if (len(search(l[0], digits[ord(text[i]) - 48])) > 0) strokes(on_flank([[l[1], l[2]]], -1, k, [at, 0]), 0.4);
        number(text, k, i + 1, at + (point ? 1.4 : 3.8));
    }
}

module body() {
    difference() {
        union() {
            linear_extrude(body_l) outline2d();
            // Lanyard: a lug that stands on the print bed.
            difference() {
                linear_extrude(7) difference() {
                    hull() {
                        translate([half + lanyard / 2 + 0.6, floor_y + 3]) circle(lanyard / 2 + 2.6);
                        translate([half - wall / 2, floor_y + 3]) square([wall, lanyard + 8], center=true);
                    }
                    translate([half + lanyard / 2 + 0.6, floor_y + 3]) circle(d=lanyard);
                }
                translate([0, 0, -1]) linear_extrude(99) pocket2d();
            }
        }
        translate([0, 0, floor_t]) linear_extrude(pocket_l + 1) pocket2d();
        // To push the cargo out; a cell that swells needs a way to breathe.
        translate([0, floor_y + pocket_h * (loose ? 0.25 : 0.5), -1]) cylinder(d=5, h=floor_t + 2);
        strap_slot();
        // Beyond the arms the saddle goes on, with upright sides.
        root_y = ring_r * sin(arm_root);
        translate([-99, -99, arm_l]) cube([198, 99 + root_y - 1.5, 99]);
        for (x = [web_half, -99 - web_half]) translate([x, -99, arm_l]) cube([99, 99 + root_y + 3, 99]);
        for (s = [-1, 1]) translate([s * screw_x, screw_y, body_l - screw_depth]) cylinder(d=tap, h=screw_depth + 1, $fn=24);
        access();
        marks();
    }
}

module strap_slot() {
    translate([0, strap_y + strap_h / 2, 0]) rotate([0, 0, 90]) roofed(strap_h, strap_z - strap_w / 2, strap_z + strap_w / 2 + strap_h / 2, 99);
}

module access() {
    far = 99;
    mid = floor_y + pocket_h / 2;
    if (cargo == "m5sticks3" || cargo == "m5stickc_plus2") {
        // Screen and front button through the top, the buttons at the sides. Where exactly they are is not published.
        translate([0, top_y, 0]) window(18, 6, 45, 3 * wall);
        translate([0, mid, 0]) rotate([0, 0, 90]) roofed(6, 9, 39, far);
    }
    if (cargo == "atoms3r") {
        // The screen looks out of the cap; USB opens to the top, the base's switch and lights to the sides.
        translate([0, top_y, body_l]) cube([13, 3 * wall, 2 * 14], center=true);
        translate([0, mid, 0]) rotate([0, 0, 90]) window(14, 9, 23, far, 4);
    }
}

module marks() {
    // Clear of the strap and of the side openings.
    stick = cargo == "m5sticks3" || cargo == "m5stickc_plus2";
    y = floor_y + pocket_h / 2;
    translate([half, y - (stick ? 1 : 2), body_l - (stick ? 7.6 : loose ? 15 : 12.5)]) arrows(stick ? 0.55 : 1);
    translate([-half, stick ? floor_y + 0.6 : y - 2, body_l - (stick ? 11.4 : 18)]) number(str(bar), stick ? 0.8 : 1);
}

module cap_outline2d() {
    intersection() {
        outline2d();
        translate([-half, screw_y - 3.2]) square([2 * half, 200]);
    }
}

module cap() {
    difference() {
        union() {
            linear_extrude(cap_t) cap_outline2d();
            linear_extrude(cap_t + plug) if (loose) plug2d();
        }
        for (s = [-1, 1]) translate([s * screw_x, screw_y, -1]) cylinder(d=screw, h=99, $fn=24);
        translate([0, 0, -1]) linear_extrude(99) {
            if (loose) {
                translate([0, usb_y]) offset(2) square([9, 2.8], center=true);
                translate([0, floor_y + 0.4 + switch_size[1] / 2]) square([5, 2.4], center=true);
            }
            else if (cargo == "atoms3r") box2d(19, floor_y + 2.7, floor_y + pocket_h - 2.7, 2);
            else box2d(20, floor_y + 2, floor_y + pocket_h - 2, 2);
        }
    }
}

// Two posts that keep the cap's upper end in place, beside the USB opening.
module plug2d() {
    low = floor_y + bay[1] + groove[1] + 0.2;
    for (s = [-1, 1]) translate([s * (above[0] / 2 - 0.2 - 1.3) - 1.3, low]) square([2.6, pocket_h - bay[1] - groove[1] - 0.4]);
}

// Lies flat on its back: x across, y along the bar (the USB end at the top), z away from the bar.
module sled() {
    w = groove[0] - 0.4;
    top = sled_length;
    xiao_y = top - xiao[0];
    lip = sled_t + rest_h + board_t + 0.6;
    difference() {
        union() {
            translate([-w / 2, 0, 0]) cube([w, sled_length, sled_t]);
            // The XIAO rests on its two ends and lies between posts; the wall behind it takes the push of a USB plug.
            translate([-xiao[1] / 2, xiao_y, 0]) cube([xiao[1], 2, sled_t + rest_h]);
            translate([-xiao[1] / 2, top - 5, 0]) cube([xiao[1], 2, sled_t + rest_h]);
            translate([-xiao[1] / 2 - 1, xiao_y - 1.5, 0]) cube([xiao[1] + 2, 1.3, lip]);
            for (s = [-1, 1], y = [xiao_y - 1.5, top - 6]) translate([s * (xiao[1] / 2 + 0.75) - 0.6, y, 0]) cube([1.2, 5, lip]);
            // The motion chip's board is taped down flat, in a frame: it must not move.
            translate([0, chip_y, 0]) difference() {
                linear_extrude(sled_t + 1.2) square([breakout[1] + 2.7, min(breakout[0] + 2.7, 25.4 + 2.2)], center=true);
                translate([0, 0, sled_t]) linear_extrude(9) square([breakout[1] + 0.3, breakout[0] + 0.3], center=true);
            }
        }
        // Strain relief between the boards: the cell's leads come up through the middle and are tied down, with the
        // wires to the motion chip, by a small zip tie through the two holes beside.
        translate([-3, xiao_y - 5.2, -1]) cube([6, 2.6, 9]);
        for (s = [-1, 1]) translate([s * 6.2 - 1.7, xiao_y - 4.9, -1]) cube([3.4, 2, 9]);
        // The battery pads are under the XIAO.
        translate([-2.5, xiao_y + 4, -1]) cube([5, 11, 9]);
    }
}

// Where things lie, for the pictures.
sled_y = floor_y + bay[1] + 0.15;
module on_sled() translate([0, sled_y, floor_t + 0.2]) multmatrix([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]) children();

module pins(count, pitch, along) for (i = [0:count - 1]) translate([0, (i - (count - 1) / 2) * pitch, 0]) circle(d=1);

module board() on_sled() translate([0, sled_length - xiao[0] / 2, sled_t + rest_h]) {
    linear_extrude(board_t) difference() {
        offset(1.5) square([xiao[1] - 3, xiao[0] - 3], center=true);
        for (s = [-1, 1]) translate([s * 7.62, -0.6]) pins(7, 2.54);
    }
    translate([-5.5, -9.4, board_t]) cube([11, 11.2, 2.2]);
    translate([0, xiao[0] / 2 + usb_overhang - 7.4, board_t + usb_above_board]) rotate([-90, 0, 0]) linear_extrude(7.4) difference() {
        offset(1.55) square([5.8, 0.01], center=true);
        offset(1.2) square([5.8, 0.01], center=true);
    }
    translate([-4.4, xiao[0] / 2 - 6, board_t]) cube([8.8, 2, 3.1]);
}
module chip_board() on_sled() translate([0, chip_y, sled_t + 0.2]) {
    linear_extrude(1.6) difference() {
        square([breakout[1], breakout[0]], center=true);
        if (breakout[0] > 20) for (s = [-1, 1], t = [-1, 1]) translate([s * (breakout[1] / 2 - 2.54), t * (breakout[0] / 2 - 2.54)]) circle(d=2.5);
    }
    translate([-1.5, -1.25, 1.6]) cube([3, 2.5, 0.9]);
    if (breakout[0] > 20) for (t = [0, 180]) rotate(t) translate([-3, breakout[0] / 2 - 4.4, 1.6]) cube([6, 4.4, 2.9]);
    else translate([-3, breakout[0] / 2 - 4.4, 1.6]) cube([6, 4.4, 2.9]);
}
module cell_block() translate([0, floor_y + 0.3, floor_t + 1]) linear_extrude(cell[0]) box2d(cell[1], 0, cell[2], 1.5);
module switch_block() translate([0, floor_y + 0.4, body_l - 0.2]) {
    translate([-switch_size[0] / 2, 0, -switch_size[2]]) cube([switch_size[0], switch_size[1], switch_size[2]]);
    translate([-0.8, switch_size[1] / 2 - 0.7, 0]) cube([1.5, 1.4, 3.6]);
}
module device_block() translate([0, floor_y + fit / 2, floor_t + 0.2]) {
    if (cargo == "atoms3r") {
        linear_extrude(device[2] - 13.2) box2d(device[0], 0, device[1], device[3]);
        translate([0, 0, device[2] - 12.9]) linear_extrude(12.9) difference() { box2d(device[0], 0, device[1], device[3]); }
    } else linear_extrude(device[2]) box2d(device[0], 0, device[1], device[3]);
}
module screen_block() {
    if (cargo == "atoms3r") translate([0, floor_y + fit / 2 + 12, floor_t + device[2] + 0.2]) linear_extrude(0.15) square([16, 16], center=true);
    else translate([-7.5, floor_y + fit / 2 + device[1], floor_t + 16]) cube([15, 0.15, 25]);
}
module strap_path2d() {
    hull() {
        circle(ring_r + 0.2);
        translate([0, strap_y + 0.4]) square([2 * web_half + 0.4, 0.6], center=true);
    }
}
module strap_band() translate([0, 0, strap_z - 10]) linear_extrude(20) difference() {
    offset(1.6) strap_path2d();
    strap_path2d();
    // The mouth is where hook meets loop.
}

if (part == "body") body();
else if (part == "cap") cap();
else if (part == "sled") sled();
else if (part == "sled_placed") on_sled() sled();
else if (part == "board") board();
else if (part == "breakout") chip_board();
else if (part == "cell") cell_block();
else if (part == "switch") switch_block();
else if (part == "device") device_block();
else if (part == "screen") screen_block();
else if (part == "strap") strap_band();
else if (part == "section") linear_extrude(strap_z) projection(cut=true) translate([0, 0, -strap_z]) body();
else if (part == "bar") translate([0, 0, -35]) cylinder(d=bar, h=body_l + 70, $fn=96);
else assert(false, str("no such part: ", part));
