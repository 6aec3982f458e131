# Behind local users, who win. Without a line of its own initgroups follows
# group, and then asks both.
passwd after=files,compat cloxxs
group after=files,compat cloxxs
